// The letters of charts: three pixels wide, five high, one letter of `0` to `7` a row of pixels.

const glyphs: Readonly<Record<string, string>> = {
  "0": "75557",
  "1": "26227",
  "2": "71747",
  "3": "71717",
  "4": "55711",
  "5": "74717",
  "6": "74757",
  "7": "71244",
  "8": "75757",
  "9": "75717",
  ".": "00002",
  ":": "02020",
  "%": "51245",
  u: "00557",
  m: "00677",
  k: "45655",
  M: "57755",
  G: "74557",
  T: "72222",
  P: "75744",
  E: "74647",
};

/** Width of a letter with the space behind it. */
export const letterWidth = 4;

/** Calls back for each pixel of a text, from its upper left corner. */
export function eachPixel(text: string, set: (right: number, down: number) => void): void {
  for (let place = 0; place < text.length; place++) {
    const rows = glyphs[text.charAt(place)] ?? "";
    for (let down = 0; down < rows.length; down++) {
      const bits = Number(rows.charAt(down));
      for (let right = 0; right < 3; right++) {
        if ((bits & (4 >> right)) !== 0) set(place * letterWidth + right, down);
      }
    }
  }
}
