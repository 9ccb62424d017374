// Chunks by goal and copies, what the loops over chunks and files did and found.
// Spec: wire-admin.md sections 3.6 to 3.9, semantics-master.md section 9.1.

import {
  ChunksMatrix,
  ChunksMatrixAnswer,
  ChunksTestInfo,
  ChunksTestInfoAnswer,
  FilesTestInfo,
  FilesTestInfoAnswer,
  MissingChunks,
  MissingChunksAnswer,
} from "../../../protocol/packets/admin.ts";
import type { Body } from "../../../protocol/packet.ts";
import { sourcesOf } from "./providers.ts";
import { monitorRequest } from "./request.ts";

type Matrices = Body<typeof ChunksMatrixAnswer>;
type FilesTest = Body<typeof FilesTestInfoAnswer>;
type Missing = Body<typeof MissingChunksAnswer>;

const side = 11;
const noMatrix = new Uint32Array(side * side);

/** CHUNKS_MATRIX: both tables, or one by its id; others are all zeros. */
export const chunksMatrix = monitorRequest(
  ChunksMatrix,
  ChunksMatrixAnswer,
  (core, asked): Matrices => {
    const { chunks, classes } = core.world;
    const { all, regular } = chunks.matrix((id, archived) => classes.goalOf(id, archived));
    const { matrixId } = asked;
    if (matrixId === undefined) {
      const progress = core.chunkCore.progressBits;
      return { variant: "both", progress, all: rowsOf(all), regular: rowsOf(regular) };
    }
    const wanted = matrixId === 0 ? all : matrixId === 1 ? regular : noMatrix;
    return { variant: "one", matrix: rowsOf(wanted) };
  },
);

/** CHUNKSTEST_INFO. */
export const chunksTestInfo = monitorRequest(ChunksTestInfo, ChunksTestInfoAnswer, (core) =>
  sourcesOf(core).chunkLoop(),
);

/** FSTEST_INFO: any byte in the request asks for the longer form. */
export const filesTestInfo = monitorRequest(
  FilesTestInfo,
  FilesTestInfoAnswer,
  (core, asked): FilesTest => ({
    variant: asked.mode === undefined ? "legacy" : "full",
    ...sourcesOf(core).fileLoop(),
  }),
);

/** MISSING_CHUNKS: any mode but 0 asks for the reasons, too. */
export const missingChunks = monitorRequest(
  MissingChunks,
  MissingChunksAnswer,
  (core, asked): Missing => ({
    variant: (asked.mode ?? 0) === 0 ? "plain" : "typed",
    chunks: sourcesOf(core).fileLoop().missing,
  }),
);

function rowsOf(matrix: Uint32Array): readonly (readonly number[])[] {
  return Array.from({ length: side }, (_, row) =>
    Array.from(matrix.subarray(row * side, (row + 1) * side)),
  );
}
