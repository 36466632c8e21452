//! The words that invented people and their letters are made of. Nobody here exists: mail domains
//! are those of RFC 2606, telephone numbers and IP addresses come from ranges kept for stories
//! (Ofcom's drama numbers, RFC 5737).

/// As it is written, and as it stands in a mail address.
pub type Name = (&'static str, &'static str);

pub const FIRST: &[Name] = &[
    ("Zoë", "zoe"),
    ("Bram", "bram"),
    ("Níkos", "nikos"),
    ("Élodie", "elodie"),
    ("Tomasz", "tomasz"),
    ("Ana", "ana"),
    ("Björn", "bjorn"),
    ("Chidi", "chidi"),
    ("Dewi", "dewi"),
    ("Ebru", "ebru"),
    ("Fatima", "fatima"),
    ("Giorgio", "giorgio"),
    ("Hana", "hana"),
    ("Ígor", "igor"),
    ("Jānis", "janis"),
    ("Kaija", "kaija"),
    ("Lumi", "lumi"),
    ("María", "maria"),
    ("Noor", "noor"),
    ("Olu", "olu"),
    ("Priya", "priya"),
    ("Quentin", "quentin"),
    ("Rosa", "rosa"),
    ("Søren", "soren"),
    ("Thảo", "thao"),
    ("Uma", "uma"),
    ("Věra", "vera"),
    ("Wanjiru", "wanjiru"),
    ("Xiulan", "xiulan"),
    ("Yusuf", "yusuf"),
    ("Željko", "zeljko"),
    ("Aoife", "aoife"),
    ("Bilal", "bilal"),
    ("Carmen", "carmen"),
    ("Dmitri", "dmitri"),
    ("Eszter", "eszter"),
    ("Fionn", "fionn"),
    ("Gül", "gul"),
    ("Henrik", "henrik"),
    ("Ines", "ines"),
];

pub const LAST: &[Name] = &[
    ("Okafor", "okafor"),
    ("de Wit", "dewit"),
    ("Papadópoulos", "papadopoulos"),
    ("Marchand", "marchand"),
    ("Wiśniewski", "wisniewski"),
    ("Åkesson", "akesson"),
    ("Brânză", "branza"),
    ("Castellanos", "castellanos"),
    ("Đorđević", "djordjevic"),
    ("Eriksen", "eriksen"),
    ("Fernández", "fernandez"),
    ("Grünwald", "grunwald"),
    ("Horváth", "horvath"),
    ("Ito", "ito"),
    ("Jónsdóttir", "jonsdottir"),
    ("Kowalczyk", "kowalczyk"),
    ("Łukasik", "lukasik"),
    ("Mbeki", "mbeki"),
    ("Nguyễn", "nguyen"),
    ("O'Sullivan", "osullivan"),
    ("Peña", "pena"),
    ("Quispe", "quispe"),
    ("Rossi", "rossi"),
    ("Şahin", "sahin"),
    ("Tanaka", "tanaka"),
    ("Ülker", "ulker"),
    ("van den Berg", "vandenberg"),
    ("Whitlock", "whitlock"),
    ("Yıldız", "yildiz"),
    ("Žukauskas", "zukauskas"),
    ("Appiah", "appiah"),
    ("Bergström", "bergstrom"),
    ("Chaudhry", "chaudhry"),
    ("Dvořák", "dvorak"),
    ("Lindqvist", "lindqvist"),
    ("Moreau", "moreau"),
];

pub const DOMAINS: &[&str] = &["example.org", "example.com", "example.net"];

pub const STREETS: &[&str] = &[
    "Alder Lane",
    "Birkenweg",
    "Calle del Olmo",
    "Drève des Tilleuls",
    "Elm Row",
    "Fjällgatan",
    "Großer Anger",
    "Harbour Steps",
    "Íslandsgata",
    "Jasmine Court",
    "Kastanienallee",
    "Lindenstraat",
    "Mill Rise",
    "Nørregade",
    "Olive Terrace",
];

/// City, postcode, country.
pub const CITIES: &[(&str, &str, &str)] = &[
    ("Larchford", "LF1", "GB"),
    ("Neu-Linden", "00912", "DE"),
    ("Saint-Orme", "00480", "FR"),
    ("Villa Alameda", "00715", "ES"),
    ("Ahornby", "00231", "SE"),
    ("Olmsted", "0094", "NL"),
    ("Jesionowo", "00-318", "PL"),
    ("Frassino", "00157", "IT"),
];

/// Name and price in cents.
pub const PRODUCTS: &[(&str, i64)] = &[
    ("Linen tablecloth, oatmeal", 6400),
    ("Larch bread board", 3900),
    ("Tea towel, set of three", 2400),
    ("Bed linen, double", 18900),
    ("Beech rolling pin", 2100),
    ("Cushion cover, rust", 2900),
    ("Ash coat hooks", 4500),
    ("Napkins, set of six", 3200),
    ("Oak stool", 12900),
    ("Bath sheet, moss", 4900),
    ("Pine candle holder", 1800),
    ("Curtain, unbleached", 7900),
];

pub const DELIVERY_NOTES: &[&str] = &[
    "Please leave it with the neighbours on the left.",
    "The bell does not work; knock, please.",
    "A present: no invoice in the parcel, please.",
];

pub const REVIEWS: &[&str] = &[
    "Softer after every wash. My mother wants one too.",
    "Smaller than I thought, and still lovely.",
    "The edge came loose after a month.",
    "Exactly as in the picture.",
];

pub const SUBJECTS: &[&str] = &[
    "Where is my parcel?",
    "A stain that will not go",
    "Wrong colour",
    "Two of the six are missing",
    "May I change the address?",
    "A question about washing",
];

/// `{name}` is the person themselves.
pub const QUESTIONS: &[&str] = &[
    "Hello, my order has not come yet. Could you look where it is? Best wishes, {name}",
    "Good morning, I have put a picture of it below. What can be done? {name}",
    "I ordered rust and got moss. It is not bad, but it is not rust. {name}",
];

pub const ANSWERS: &[&str] = &[
    "Thank you for writing. It left us on Monday and should be with you tomorrow.",
    "We are sorry. A new one is on its way; keep the old one for dusting.",
    "Cold water and a little vinegar, and never the dryer.",
];

/// `{other}` is somebody else: what makes free text a matter for a person's eyes.
pub const NOTES: &[&str] = &[
    "Parcel was handed to {other} next door, who did not pass it on. Do not mention this.",
    "{other} called on their behalf and was rather loud. Sent a voucher.",
    "Shares the account with {other}; ask who is writing before changing anything.",
];

pub const COMMENTS: &[&str] = &[
    "Quick and kind.",
    "Took a week.",
    "They remembered my name!",
];

pub const BROWSERS: &[&str] = &["Firefox on Linux", "Safari on iPhone", "Chrome on Windows"];

/// A picture of one pixel.
pub const PIXEL: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, b'I', b'H', b'D', b'R', 0, 0, 0,
    1, 0, 0, 0, 1, 8, 6, 0, 0, 0, 0x1f, 0x15, 0xc4, 0x89, 0, 0, 0, 0x0d, b'I', b'D', b'A', b'T',
    0x78, 0x9c, 0x63, 0x60, 0x60, 0x60, 0x60, 0, 0, 0, 5, 0, 1, 0xa5, 0xf6, 0x45, 0x40, 0, 0, 0, 0,
    b'I', b'E', b'N', b'D', 0xae, 0x42, 0x60, 0x82,
];
