//! How often words start and end with the same four bytes in logs where all is well.

use super::window::{Place, WIDTH};

/// Of a million words; what is not named here is rare.
pub(super) fn frequency(place: Place, bytes: [u8; WIDTH]) -> u32 {
    static STARTING: Hashed = hashed(STARTS);
    static ENDING: Hashed = hashed(ENDS);
    let table = if place == Place::Start { &STARTING } else { &ENDING };
    let key = u32::from_le_bytes(bytes);
    let mut slot = hash(key);
    let known = loop {
        match table[slot] {
            (_, 0) => break 0,
            (known, count) if known == key => break count,
            _ => slot = (slot + 1) % SLOTS,
        }
    };
    if bytes[0].is_ascii_digit() { known.max(NUMBER) } else { known }
}

/// Of a number's first digits.
const NUMBER: u32 = 300;

type Table = &'static [(&'static [u8; WIDTH], u32)];
/// By hash, then the next free one, where the count is 0.
type Hashed = [(u32, u32); SLOTS];
const SLOTS: usize = 1 << 10;

const fn hash(key: u32) -> usize {
    key.wrapping_mul(0x9E37_79B1) as usize >> 22
}

const fn hashed(table: Table) -> Hashed {
    let mut slots = [(0, 0); SLOTS];
    let mut at = 0;
    while at < table.len() {
        let (bytes, count) = table[at];
        let key = u32::from_le_bytes(*bytes);
        let mut slot = hash(key);
        while slots[slot].1 != 0 {
            slot = (slot + 1) % SLOTS;
        }
        slots[slot] = (key, count);
        at += 1;
    }
    slots
}

#[rustfmt::skip]
const STARTS: Table = &[
    (b"acce", 793), (b"adde", 392), (b"admi", 673), (b"allo", 227), (b"and ", 371), (b"ann ", 681), (b"answ", 278),
    (b"any ", 226), (b"apac", 510), (b"api ", 15688), (b"app ", 5387), (b"appl", 1732), (b"apps", 232),
    (b"as i", 245), (b"as n", 245), (b"at s", 3168), (b"audi", 388), (b"auth", 2039), (b"auto", 428), (b"aver", 262),
    (b"b w ", 246), (b"back", 717), (b"batc", 391), (b"bill", 565), (b"blk\x7f", 651), (b"bloc", 625), (b"bob ", 760),
    (b"buff", 382), (b"by i", 270), (b"by p", 323), (b"bye ", 230), (b"byte", 760), (b"c 20", 251), (b"c ex", 251),
    (b"c j0", 383), (b"c j1", 404), (b"c s ", 600), (b"cach", 1358), (b"call", 1602), (b"cart", 2457), (b"cata", 800),
    (b"chan", 478), (b"chec", 1104), (b"chil", 237), (b"chro", 1118), (b"clie", 1405), (b"clos", 330), (b"com ", 725),
    (b"comp", 1292), (b"conf", 226), (b"conn", 2264), (b"cons", 271), (b"coor", 238), (b"core", 243), (b"cpu ", 489),
    (b"cras", 232), (b"crea", 252), (b"cse ", 514), (b"css ", 537), (b"cuhk", 514), (b"curl", 1048), (b"data", 1631),
    (b"db  ", 237), (b"db 0", 245), (b"db p", 246), (b"db s", 312), (b"debu", 1351), (b"dec ", 641), (b"dept", 3102),
    (b"dfs ", 595), (b"disc", 395), (b"disk", 344), (b"disp", 610), (b"dist", 1413), (b"dock", 591), (b"done", 276),
    (b"down", 253), (b"dura", 1261), (b"edu ", 514), (b"embe", 246), (b"endp", 201), (b"err ", 274), (b"erro", 1429),
    (b"esti", 247), (b"etc ", 244), (b"exam", 564), (b"exce", 493), (b"exe ", 537), (b"exec", 1198), (b"expo", 565),
    (b"fail", 699), (b"fals", 242), (b"feed", 534), (b"file", 2369), (b"flas", 675), (b"floo", 18368), (b"for ", 589),
    (b"fork", 713), (b"foun", 287), (b"from", 1283), (b"full", 620), (b"gang", 230), (b"gate", 2553), (b"geck", 869),
    (b"gene", 439), (b"get ", 7798), (b"gmet", 237), (b"go 1", 259), (b"go 2", 274), (b"go 3", 287), (b"go h", 628),
    (b"got ", 250), (b"grou", 951), (b"guni", 236), (b"h sq", 245), (b"hado", 578), (b"hand", 1837), (b"heal", 1449),
    (b"hit ", 769), (b"hk 5", 514), (b"hold", 277), (b"host", 1384), (b"ht  ", 245), (b"http", 10191), (b"hydr", 268),
    (b"id  ", 532), (b"id a", 262), (b"id l", 250), (b"id1\x7f", 245), (b"in 0", 471), (b"in 1", 469), (b"in 2", 352),
    (b"in 3", 519), (b"in 4", 238), (b"in 5", 217), (b"in 6", 279), (b"in c", 222), (b"in d", 275), (b"in f", 341),
    (b"in s", 254), (b"in w", 238), (b"inco", 244), (b"inde", 408), (b"info", 17902), (b"inte", 556), (b"inve", 382),
    (b"invo", 405), (b"ipc ", 257), (b"ipho", 963), (b"item", 9442), (b"java", 6670), (b"jk2\x7f", 220),
    (b"js h", 316), (b"json", 213), (b"jti ", 739), (b"kafk", 238), (b"kb  ", 748), (b"kern", 422), (b"key ", 547),
    (b"keys", 431), (b"khtm", 869), (b"kube", 662), (b"labs", 251), (b"lamp", 390), (b"last", 320), (b"late", 890),
    (b"leak", 393), (b"leas", 600), (b"ledg", 372), (b"leve", 2790), (b"lib ", 1253), (b"life", 260), (b"like", 1350),
    (b"limi", 369), (b"line", 1881), (b"linu", 709), (b"load", 415), (b"loca", 322), (b"log ", 2018), (b"logg", 245),
    (b"logi", 925), (b"long", 255), (b"m 04", 300), (b"m 20", 1222), (b"m0 n", 430), (b"m1 n", 416), (b"mac ", 642),
    (b"mail", 218), (b"main", 1116), (b"mapr", 230), (b"mar ", 2742), (b"memb", 238), (b"meth", 343), (b"modu", 587),
    (b"most", 314), (b"mozi", 1350), (b"ms  ", 531), (b"msg ", 2788), (b"msra", 666), (b"name", 1278),
    (b"nio ", 1084), (b"node", 274), (b"none", 695), (b"not ", 566), (b"noti", 403), (b"nov ", 5380), (b"null", 324),
    (b"o h ", 245), (b"of t", 480), (b"ok  ", 1158), (b"ok t", 423), (b"on d", 330), (b"on p", 246), (b"open", 714),
    (b"orde", 6090), (b"org ", 516), (b"os 1", 481), (b"os x", 642), (b"over", 358), (b"pack", 1460), (b"page", 1198),
    (b"paid", 230), (b"path", 517), (b"paym", 399), (b"pid ", 1212), (b"pool", 368), (b"port", 602), (b"post", 2206),
    (b"pric", 1176), (b"prob", 698), (b"proc", 458), (b"prod", 894), (b"prof", 367), (b"prox", 792), (b"psyc", 243),
    (b"publ", 371), (b"put ", 462), (b"py  ", 1712), (b"pyth", 1395), (b"q la", 379), (b"queu", 865), (b"ras ", 422),
    (b"read", 291), (b"reca", 547), (b"rece", 1346), (b"reco", 637), (b"recy", 247), (b"redi", 742), (b"refr", 441),
    (b"rema", 479), (b"remo", 1250), (b"rend", 447), (b"rene", 331), (b"repl", 398), (b"req ", 821), (b"reqi", 480),
    (b"requ", 1998), (b"res ", 381), (b"rese", 260), (b"resp", 582), (b"rest", 248), (b"retr", 807), (b"retu", 473),
    (b"rmco", 270), (b"root", 241), (b"rout", 275), (b"rt 0", 2680), (b"rule", 200), (b"rv  ", 337), (b"s   ", 226),
    (b"s  a", 495), (b"s  d", 258), (b"s  s", 621), (b"s  t", 247), (b"s 20", 242), (b"s au", 600), (b"s b ", 246),
    (b"sa 4", 483), (b"safa", 869), (b"save", 317), (b"savi", 939), (b"sbin", 227), (b"scan", 372), (b"sche", 307),
    (b"scor", 220), (b"sear", 992), (b"seco", 403), (b"sele", 556), (b"self", 1185), (b"sent", 260), (b"serv", 1420),
    (b"sess", 993), (b"shar", 384), (b"ship", 218), (b"shop", 16706), (b"size", 434), (b"slot", 467), (b"sql ", 268),
    (b"sshd", 303), (b"stab", 238), (b"stac", 539), (b"star", 1007), (b"stat", 3032), (b"stoc", 236), (b"sub ", 737),
    (b"succ", 1011), (b"sun ", 223), (b"sync", 1394), (b"syst", 254), (b"tabl", 390), (b"task", 1701), (b"tbir", 690),
    (b"tena", 250), (b"term", 408), (b"thro", 283), (b"thun", 224), (b"time", 2735), (b"toke", 431), (b"tomc", 738),
    (b"took", 268), (b"tota", 307), (b"trac", 1723), (b"ts  ", 1424), (b"ttl ", 743), (b"tupl", 242), (b"txt ", 423),
    (b"u01 ", 411), (b"u11 ", 419), (b"uct ", 243), (b"uht ", 243), (b"undi", 3388), (b"upda", 392), (b"upst", 254),
    (b"url ", 337), (b"urt ", 243), (b"user", 2022), (b"usr ", 1233), (b"utc ", 2097), (b"v1 c", 535), (b"v1 i", 541),
    (b"v1 o", 546), (b"v1 p", 392), (b"v1 r", 385), (b"v1 s", 379), (b"v1 u", 532), (b"vacu", 371), (b"view", 341),
    (b"vola", 245), (b"w em", 246), (b"wal ", 247), (b"warn", 335), (b"web ", 3639), (b"wher", 500), (b"with", 697),
    (b"work", 2214), (b"writ", 383), (b"wrot", 372), (b"ws h", 230), (b"x  a", 481), (b"x11 ", 708),
    (b"x86\x7f", 936), (b"xxxx", 9186), (b"\x7f\x7fco", 238),
];

#[rustfmt::skip]
const ENDS: Table = &[
    (b"able", 505), (b"absz", 251), (b"ache", 1811), (b"addr", 242), (b"afka", 238), (b"ages", 1417), (b"alog", 668),
    (b"alse", 242), (b"alth", 373), (b"ance", 262), (b"arch", 902), (b"asks", 326), (b"atch", 331), (b"ated", 1507),
    (b"atic", 1766), (b"ator", 1171), (b"atus", 1008), (b"aved", 312), (b"back", 322), (b"base", 664), (b"bers", 238),
    (b"bird", 690), (b"bkit", 1350), (b"blic", 371), (b"cans", 371), (b"ceid", 246), (b"cent", 349), (b"cess", 1409),
    (b"cing", 599), (b"cker", 501), (b"cket", 251), (b"cled", 247), (b"code", 341), (b"corn", 322), (b"cted", 229),
    (b"cuum", 371), (b"dded", 638), (b"ders", 4062), (b"dger", 280), (b"dici", 3388), (b"dled", 496), (b"dler", 1042),
    (b"doop", 578), (b"dout", 243), (b"duct", 512), (b"d\x7fat", 250), (b"eaky", 393), (b"ease", 345),
    (b"ebug", 1350), (b"ecko", 869), (b"eded", 734), (b"edis", 742), (b"eout", 256), (b"epth", 3102), (b"eqid", 480),
    (b"etad", 237), (b"eted", 379), (b"etry", 309), (b"eued", 218), (b"evel", 2790), (b"eway", 2553), (b"ewed", 245),
    (b"ewer", 263), (b"e\x7fid", 907), (b"fari", 869), (b"fers", 372), (b"file", 280), (b"flow", 243), (b"gest", 247),
    (b"gger", 248), (b"glia", 230), (b"gres", 565), (b"hard", 283), (b"here", 501), (b"hild", 237), (b"hon3", 1232),
    (b"hone", 968), (b"html", 869), (b"ices", 565), (b"ient", 1131), (b"iled", 915), (b"iles", 355), (b"illa", 1350),
    (b"imit", 307), (b"info", 899), (b"init", 220), (b"inux", 711), (b"ions", 844), (b"ived", 937), (b"ized", 780),
    (b"lask", 674), (b"lder", 245), (b"lect", 557), (b"lete", 446), (b"lica", 281), (b"ling", 604), (b"ller", 1695),
    (b"lock", 649), (b"lood", 18368), (b"loop", 235), (b"lose", 266), (b"lots", 245), (b"lthz", 1076), (b"m200", 240),
    (b"main", 748), (b"mary", 267), (b"mate", 247), (b"mcat", 492), (b"ment", 985), (b"mers", 241), (b"mget", 240),
    (b"min1", 634), (b"ming", 246), (b"mple", 566), (b"name", 1844), (b"nder", 696), (b"ndex", 588), (b"nect", 647),
    (b"nent", 248), (b"nges", 307), (b"node", 283), (b"n\x7fms", 514), (b"oard", 220), (b"ocal", 320), (b"ogin", 729),
    (b"oice", 289), (b"oint", 956), (b"oken", 240), (b"onds", 469), (b"onse", 379), (b"opg2", 243), (b"otal", 303),
    (b"ough", 267), (b"ound", 948), (b"oved", 727), (b"path", 241), (b"ples", 239), (b"port", 923), (b"pted", 247),
    (b"race", 264), (b"rage", 265), (b"rate", 359), (b"rder", 1023), (b"read", 273), (b"ream", 262), (b"ress", 582),
    (b"ries", 607), (b"rite", 381), (b"rker", 2441), (b"rnal", 304), (b"rnel", 419), (b"robe", 665), (b"rome", 1118),
    (b"rors", 307), (b"rote", 372), (b"roup", 475), (b"roxy", 797), (b"rror", 1511), (b"rted", 577), (b"rved", 238),
    (b"rver", 798), (b"r\x7fid", 924), (b"sers", 538), (b"sets", 396), (b"shed", 505), (b"sion", 970), (b"ssed", 280),
    (b"stem", 592), (b"swer", 224), (b"sync", 263), (b"tack", 504), (b"tamp", 242), (b"tate", 282), (b"tems", 300),
    (b"thod", 584), (b"tice", 371), (b"tile", 245), (b"time", 674), (b"ting", 1116), (b"tion", 3238), (b"tock", 236),
    (b"tory", 539), (b"ttps", 520), (b"turn", 470), (b"t\x7fid", 792), (b"ucts", 392), (b"udit", 275),
    (b"uest", 1628), (b"ueue", 560), (b"uler", 245), (b"ules", 459), (b"urce", 315), (b"vice", 746), (b"ving", 1051),
    (b"vlet", 391), (b"xxxx", 9186), (b"ytes", 762), (b"y\x7fms", 889),
];
