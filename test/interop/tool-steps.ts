// What tools.test.ts does on a stock master and on ours: shell lines by topic. $META and $FLAT are mounts of the
// meta file system (the second with one list of all trash), $LIMITED a mount with limits, $LOCKED one to read only.
// They print nothing that differs between two runs: no times, and no copies of chunks with one copy.

/** Lines of one topic, in order. They run in a folder of their own, named like the topic. */
export interface ToolTopic {
  readonly name: string;
  readonly lines: readonly string[];
}

const asUser = "setpriv --reuid=1000 --regid=100 --groups=100,1001";
const hold = "exec 3<held; rm held; ls $FLAT/sustained";

export const toolTopics: readonly ToolTopic[] = [
  {
    name: "goals",
    lines: [
      "mkdir -p d/e; touch f d/g d/e/h; ln -s f s; ln f d/e/hard; mkfifo p",
      "mfsgetgoal . d f s p missing",
      "mfsgetgoal -r .",
      "mfssetgoal 3 f; mfssetgoal 3 f; mfsgetgoal f",
      "mfssetgoal 2+ f; mfssetgoal 5+ f; mfssetgoal 4- f; mfssetgoal 9- f; mfssetgoal 0 f; mfssetgoal 3 p",
      "mfssetgoal -r 3 d; mfssetgoal -r 2+ .; mfssetgoal -r 2- d; mfsgetgoal -r .",
      "mfscopygoal f d/g; mfscopygoal -r d .; mfsgetgoal -r .",
      "mfsgetsclass f d; mfsgetsclass -r .; mfssetsclass 4 f; mfssetsclass nothing f",
      "mfsxchgsclass 4 2 f d; mfsxchgsclass -r 3 5 .; mfsgetsclass -r .; mfscopysclass f d; mfsgetgoal d",
      `${asUser} mfssetgoal 2 f; ${asUser} mfssetgoal -r 1 .; ${asUser} mfsgetgoal f`,
      "mfsrgetgoal d; mfsrsetgoal 2 d",
    ],
  },
  {
    name: "classes",
    lines: [
      "mfsscadmin create 2A two; mfsscadmin create -a 1 -m s -C A -K A,A -A 2A -d 5 strict; mfsscadmin list",
      "mfsscadmin create 2A two; mfsscadmin create -K 3 '' ; mfslistsclass -l",
      "mfsscadmin modify -m l -K 3 two; mfsscadmin modify -K 2 1; mfsscadmin modify -f -K 3 1; mfsscadmin list -l",
      "mfsscadmin modify -f -K 1 1; mfsscadmin copy two three four; mfsscadmin rename four five; mfslssc -l",
      "touch f; mfssetsclass two f; mfsgetsclass f; mfsgetsclass -r .; mfssetsclass strict f; mfsgetgoal f",
      "mfsscadmin delete strict; mfssetsclass 2 f; mfsscadmin delete strict two three five 1 nothing; mfslistsclass",
    ],
  },
  {
    name: "trash-time",
    lines: [
      "mkdir d; touch f d/g d/h; ln -s f s; mkfifo p",
      "mfsgettrashtime . f s p; mfsgettrashtime -r .",
      "mfssettrashtime 2h f; mfssettrashtime 3601 d/g; mfssettrashtime 0 d/h; mfssettrashtime 1h p; mfsgettrashtime -r .",
      "mfssettrashtime 1h+ f; mfssettrashtime 3h+ f; mfssettrashtime 4h- f; mfssettrashtime 1h- f; mfsgettrashtime f",
      "mfssettrashtime -r 1d- .; mfssettrashtime -r 2w .; mfssettrashtime -r 390w d; mfsgettrashtime -r .",
      `${asUser} mfssettrashtime 1h f; ${asUser} mfssettrashtime -r 1h .`,
      "mfscopytrashtime f d; mfsgettrashtime d; mfsrgettrashtime d; mfsrsettrashtime 1d d",
    ],
  },
  {
    name: "extra-attributes",
    lines: [
      "mkdir d; touch f d/g; ln -s f s; mkfifo p",
      "mfsgeteattr . f d s p; mfsseteattr -f noowner -f noentrycache f d; mfsgeteattr f d",
      "mfsseteattr -r -f noattrcache -f nodatacache .; mfsgeteattr -r .; mfsdeleattr -r -f noattrcache .; mfsgeteattr -r .",
      `${asUser} mfsseteattr -f noattrcache f d/g; ${asUser} mfsseteattr -r -f snapshot .; mfsgeteattr -r .`,
      "mfsseteattr -f undeletable f; rm f; mfsdeleattr -f undeletable f; mfsseteattr -f appendonly f; rm f; : > f; echo a >> f",
      "mfsdeleattr -f appendonly f; mfsseteattr -f immutable f d; chmod 600 f; touch d/new; mfsseteattr -f noowner f",
      "mfssetgoal 3 f; mfssettrashtime 1h f; mfssetarchive f; mfsfilerepair f; mfssetgoal -r 3 d",
      "mfscopyeattr d p; mfsgeteattr p; mfsdeleattr -f immutable f d p; mfsgeteattr f d p",
    ],
  },
  {
    name: "reports",
    lines: [
      "mkdir -p d/e; touch empty; truncate -s 200M hole; printf hello > small; ln -s small s; mkfifo p",
      "printf x | dd of=sparse bs=1 seek=150000000 status=none; ln small d/e/hard; dd if=/dev/zero of=d/two bs=1M count=70 status=none",
      "mfscheckfile empty hole sparse small s p d; mfsfileinfo empty hole sparse small s p d; mfsfileinfo -q sparse small",
      "mfsfileinfo -c small sparse d/two; mfsfileinfo -s small sparse d/two",
      "mfsdirinfo empty hole sparse small s p d .; mfsdirinfo -p small sparse d d/two .; mfsdirinfo -h .; mfsdirinfo -k d",
      "mfsdirinfo -i -d -f -c -l -s -r d; mfsdirinfo -p -ls d; mfsdirinfo -H d",
      "truncate -s 300M sparse; truncate -s 100M small; truncate -s 66M d/two; mfscheckfile sparse small d/two; mfsdirinfo sparse small d/two",
      "truncate -s 0 sparse; mfscheckfile sparse; mfsdirinfo sparse .",
      "mfsfilepaths small s d . p; mfsfilepaths $(stat -c %i small) 99999; cd d/e; mfsfilepaths hard",
      `chmod 600 small; ${asUser} mfsdirinfo small; ${asUser} mfscheckfile small; ${asUser} mfsfilepaths small`,
    ],
  },
  {
    name: "archive",
    lines: [
      "mkdir d; touch empty; printf 1 > f; printf 2 > d/g; dd if=/dev/zero of=d/two bs=1M count=65 status=none; mkfifo p",
      "mfschkarchive empty f d . p; mfssetarchive f; mfschkarchive f .; mfssetarchive -r d; mfssetarchive d; mfschkarchive .",
      "mfsclrarchive .; mfsclrarchive empty p; mfschkarchive d",
      `${asUser} mfssetarchive f; ${asUser} mfssetarchive d; chown 1000 d/g; ${asUser} mfssetarchive .; mfschkarchive .`,
      "mfsappendchunks mixed f d/g; mfssetarchive f; mfsclrarchive d/g; mfschkarchive mixed",
    ],
  },
  {
    name: "append",
    lines: [
      "printf small > a; dd if=/dev/zero of=b bs=1M count=130 status=none; touch empty; mkdir d",
      "mfsappendchunks c a b a; mfsdirinfo c; mfscheckfile c; stat -c %s c; head -c 5 c",
      "mfsappendchunks -s 1:2 d/e b; mfsappendchunks -s -1: d/e b; mfsappendchunks -s :1 d/e b; stat -c %s d/e; mfsfileinfo -q d/e",
      "mfsappendchunks -s 0:-1 d/f b; mfsappendchunks -s 5: d/f b; mfsappendchunks -s :-9 d/f b; mfsappendchunks d/f empty; stat -c %s d/f",
      "mfsappendchunks a a; mfsappendchunks c d; mfsappendchunks d a; mfsappendchunks missing-dir/x a",
      `chmod 600 a; ${asUser} mfsappendchunks c a; ${asUser} mfsappendchunks c b; mfsdirinfo .`,
      "printf more >> c; printf x | dd of=c conv=notrunc status=none; head -c 5 a; mfscheckfile c a; stat -c %s c",
    ],
  },
  {
    name: "snapshots",
    lines: [
      "mkdir -p d/e; printf 1 > d/f; printf 22 > d/e/g; ln d/f d/e/hard; ln -s f d/s; mkfifo d/p; mknod d/dev c 1 3",
      "setfattr -n user.a -v b d/f; chown 1000:100 d/e/g; chmod 4755 d/e/g; mfssettrashtime 2h d/f; mfsseteattr -f noattrcache d/f",
      "mfsmakesnapshot d copy; mfsdirinfo copy; mfsgeteattr -r copy; mfsgettrashtime -r copy; find copy | sort | xargs stat -c '%n %i %f %u %g %h %s %t'",
      "getfattr -d copy/f; mfsmakesnapshot d copy; mfsmakesnapshot d/ copy; mfsmakesnapshot -o d/ copy; mfsdirinfo copy",
      "printf 333 > copy/f; mfsgeteattr copy/f copy; mfsmakesnapshot -o d/ copy; cat copy/f; printf; mfsgeteattr -r copy",
      "mfsmakesnapshot -p d kept; mfsmakesnapshot -c d like; find kept like | sort | xargs stat -c '%n %i %f %u %g %h %s %t'",
      "mfsmakesnapshot d d/e; mfsmakesnapshot d/f d; mfsmakesnapshot d/f d/e/g; mfsmakesnapshot -o d/f d/e; mfsmakesnapshot d/f nothing/x",
      `${asUser} mfsmakesnapshot d mine; chmod 777 .; chmod 600 d/f; ${asUser} mfsmakesnapshot d mine; find mine | sort | xargs stat -c '%n %f %u %g %h %s %t'`,
      `${asUser} mfsrmsnapshot copy; ${asUser} mfsrmsnapshot mine; mfsrmsnapshot copy; mfsrmsnapshot -f copy; ls; mfsrmsnapshot kept like d nothing`,
      "mfsmakesnapshot d/f d/e/g two; mkdir two; mfsmakesnapshot d/f d/e/g two; ls two; chmod 2775 two; mfsmakesnapshot -c d/e two; stat -c '%f %u %g' two/e",
      "mfsrmsnapshot two/f; touch two/e/new; mfsrmsnapshot two/e; mfsrmsnapshot -f two/e; find . | sort; mfsdirinfo .",
    ],
  },
  {
    name: "quotas",
    lines: [
      "mkdir -p d/e; touch f; mfsgetquota d f; mfssetquota -i 3 -I 4 -l 1M -L 2Mi -s 1G -S 1.5GB -r 1 -R 3G d; mfsgetquota d",
      "mfssetquota -p 1h -i 2 d; mfsgetquota -h d; mfscopyquota d d/e; mfsgetquota d/e; mfsdelquota -a d/e; mfsgetquota d/e; mfsdelquota -aA d/e; mfsgetquota d/e",
      "touch d/1 d/2 d/3 d/4; ls d; ln f d/hard; mfsmakesnapshot f d; mkdir d/dir; ln -s x d/s; mv f d/moved",
      "mfsdelquota -I d; touch d/5; dd if=/dev/zero of=d/5 bs=1M count=3 status=none; truncate -s 3M d/4; stat -c %s d/4; mfsgetquota d",
      "mfsdelquota -aA d; mfsgetquota d; mfssetquota -S 100M d; dd if=/dev/zero of=big bs=1M count=130 status=none; mfsappendchunks d/4 big; mfsmakesnapshot big d",
      "mfssetquota -R 300M d; mfssetgoal 9 d/1; mfsmakesnapshot f d/x; mfsgetquota d; mfssetquota -L 1 f; mfsdelquota -A d",
      `${asUser} mfsgetquota d; ${asUser} mfssetquota -I 1 d`,
    ],
  },
  {
    name: "trash",
    lines: [
      "mkdir -p d/e; printf gone > d/e/f; printf other > 'a b'; rm d/e/f 'a b'; mfssettrashtime 0 .; touch g; rm g",
      "find $META -type f | sort | sed s,$META/,,",
      "cd $FLAT; find . -type f | sort | xargs -d '\\n' stat -c '%n %i %f %u %g %h %s'",
      "cd $FLAT/trash; cat *f; printf 'trash/new/place' > $(echo *e\\|f); cat *place; printf '/' > $(echo *b); ls",
      "cd $FLAT/trash; mv *place undel/; mv *b undel/; printf 'trash/new/./x' > $(echo *b); mv *x undel/; ls; rm *x; ls; rm nothing",
      "find new | sort; cat new/place; stat -c '%f %u %g %h' new new/place; mfsfilepaths new/place",
      "mfssettrashtime 1h new; touch new/x; rm new/x; mv $FLAT/trash/*x $FLAT/trash/undel; ls new; mfsgettrashtime -r new",
      `printf held > held; mfssettrashtime 0 held; ${hold}; cat <&3; ls $FLAT/sustained; rm $FLAT/sustained/*held`,
      "df $META | tail -1 | tr -s ' ' | cut -d' ' -f2-5; cd $META; stat -c '%n %i %f %h' trash sustained trash/undel trash/00A",
    ],
  },
  {
    name: "limits",
    lines: [
      "cd $LIMITED; touch f; mfssetgoal 1 f; mfssetgoal 4 f; mfssetgoal 3 f; mfssetgoal 2- f; mfssetgoal 3+ f; mfssettrashtime 30m f",
      "cd $LIMITED; mfssettrashtime 3h f; mfssettrashtime 2h f; mfssettrashtime 3h- f; mfssettrashtime 1h- f; mfssettrashtime 3h+ f; mfssettrashtime 30m- f",
      "cd $LIMITED; mfsseteattr -f noowner f; mfsseteattr -f undeletable f; mfsmakesnapshot f g; mfsappendchunks g f; mfssetquota -I 5 .; mfsgetquota .",
      "cd $LIMITED; mfsscadmin create 2 none; mfsscadmin list; mfsdirinfo .; mfsfilepaths f .; mfsgeteattr -r .; mfssetarchive f",
      "cd $LOCKED; mfsgetgoal .; mfssetgoal 2 .; mfssettrashtime 1h .; mfsseteattr -f noowner .; mfsdirinfo .; mfscheckfile ../*; mfsfilepaths .",
    ],
  },
];
