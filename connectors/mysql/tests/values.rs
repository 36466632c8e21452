//! Odd values, odd names and odd collations.

mod live;

use futures::StreamExt as _;
use habeas_connector::{Access, AccessItem, Connector, Subject, Value, conformance::script::*};
use habeas_domain::Identifier;
use habeas_testkit::mariadb::Database;
use live::{connect, person};
use tokio_util::sync::CancellationToken;

fn kind(kind: &str, value: &str) -> Subject {
    subject(&Identifier::parse(kind.parse().unwrap(), value).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_type_is_exported_without_loss() {
    let database = Database::fresh();
    database.run(
        "create table worker (
           id binary(16) primary key, email varchar(60), pay decimal(30, 10), ratio double, part float,
           big bigint unsigned, huge bigint unsigned, least bigint, active tinyint(1), age tinyint,
           bits bit(10), flag bit(1), mood enum('glad', 'säd'), tags set('a', 'b', 'c'), facts json,
           born date, never date, seen datetime(6), shift time(3), stamp timestamp(2) null, hired year,
           code char(5), latin varchar(20) character set latin1, raw varbinary(20), long_text longtext,
           uid uuid, home inet6, spot point, nothing varchar(5));
         set sql_mode = '';
         set time_zone = '+02:00';
         insert into worker values (
           x'00ff10', 'w@example.org', 12345678901234567890.0123456789, 0.1, 0.1,
           9223372036854775807, 18446744073709551615, -9223372036854775808, 1, -5,
           b'1000000001', b'1', 'säd', 'a,c', '{\"k\": 1.10}',
           '1999-12-31', '0000-00-00', '2024-06-30 23:00:00.000123', '-101:02:03.040',
           '2024-06-30 23:00:00.5', 2024,
           'ab', 'Łä', x'00ff', 'it''s \\\\ \"long\"',
           '6b29fc40-ca47-1067-b31d-00dd010662da', '2001:db8::1', point(1, 2), null)",
    );
    let columns = [
        "id",
        "pay",
        "ratio",
        "part",
        "big",
        "huge",
        "least",
        "active",
        "age",
        "bits",
        "flag",
        "mood",
        "tags",
        "facts",
        "born",
        "never",
        "seen",
        "shift",
        "stamp",
        "hired",
        "code",
        "latin",
        "raw",
        "long_text",
        "uid",
        "home",
        "nothing",
    ];
    let lines: String = columns
        .iter()
        .map(|name| format!("      {name}: {{ category: user }}\n"))
        .collect();
    let map = format!(
        "habeas: 1\nstore: hr\ntitle: HR\ncollections:\n  worker:\n    key: [id]\n    columns:\n{lines}      \
         email: {{ category: user.contact.email, identity: {{ kind: email }} }}\n"
    );
    let connector = connect(database.url(), &map);
    let access = Access {
        subjects: vec![person("w@example.org")],
        cancel: CancellationToken::new(),
    };
    let items: Vec<_> = connector.access(access).await.unwrap().collect().await;
    let Ok(AccessItem::Row { record, .. }) = &items[0] else {
        panic!("one row: {items:?}");
    };
    let text = |value: &str| Value::Text(value.into());
    let number = |value: &str| Value::Number(value.into());
    let mut id = vec![0, 255, 16];
    id.resize(16, 0);
    let expected = [
        Value::Bytes(id),
        number("12345678901234567890.0123456789"),
        number("0.1"),
        number("0.1"),
        Value::Integer(i64::MAX),
        number("18446744073709551615"),
        Value::Integer(i64::MIN),
        Value::Bool(true),
        Value::Integer(-5),
        Value::Integer(513),
        Value::Bool(true),
        text("säd"),
        text("a,c"),
        text("{\"k\": 1.10}"),
        text("1999-12-31"),
        text("0000-00-00"),
        text("2024-06-30T23:00:00.000123"),
        text("-101:02:03.040"),
        text("2024-06-30T21:00:00.50+00:00"),
        Value::Integer(2024),
        text("ab"),
        text("?ä"),
        Value::Bytes(vec![0, 255]),
        text("it's \\ \"long\""),
        text("6b29fc40-ca47-1067-b31d-00dd010662da"),
        text("2001:db8::1"),
        Value::Null,
    ];
    for ((name, value), expected) in record.iter().zip(expected) {
        assert!(*value == expected, "{name}: {}", value.to_json());
    }
    let order = erase_order(&connector, person("w@example.org")).await;
    assert_eq!(erase_one(&connector, &order).await.collections[0].erased, 1);
}

const ODD: &str = r#"
habeas: 1
store: odd
title: Odd names
collections:
  k0:
    key: [subject, kept]
    columns:
      subject: { category: system }
      kept: { category: system }
      'we"ird `mail`?1': { category: user.contact.email, identity: { kind: email, match: ignore_case } }
      k0: { category: user, erase: "null" }
      habeas: { category: user, erase: keep, ground: { article: A, reason: R } }
    erase: columns
  hangs on:
    table: "select \"from\" \\ it's"
    key: [rowid_]
    columns:
      rowid_: { category: system }
      a: { category: system }
      b: { category: system }
    belongs_to: [{ collection: k0, on: { a: subject, b: kept } }]
"#;

#[tokio::test(flavor = "multi_thread")]
async fn odd_names_are_names_and_nothing_else() {
    let database = Database::fresh();
    database.run(
        "create table k0 (subject int, kept int, `we\"ird ``mail``?1` varchar(40) null, k0 text, habeas text,
           primary key (subject, kept));
         create table `select \"from\" \\ it's` (rowid_ integer primary key, a int, b int);
         insert into k0 values (1, 2, 'A@example.org', 'x', 'y'), (2, 1, 'b@example.org', 'y', 'z');
         insert into `select \"from\" \\ it's` values (1, 1, 2), (2, 2, 1), (3, 1, 1)",
    );
    let map = ODD.replace("ignore_case } }", "ignore_case }, erase: \"null\" }");
    let map = map
        .replace(
            "subject: { category: system }",
            "subject: { category: system, erase: keep, ground: { article: A, reason: R } }",
        )
        .replace(
            "kept: { category: system }",
            "kept: { category: system, erase: keep, ground: { article: A, reason: R } }",
        );
    let connector = connect(database.url(), &map);
    let order = erase_order(&connector, person("a@example.org")).await;
    let erased = erase_one(&connector, &order).await.collections;
    let counts: Vec<_> = erased
        .iter()
        .map(|outcome| (outcome.replaced, outcome.erased))
        .collect();
    assert_eq!(counts, [(1, 0), (0, 1)]);
    assert_eq!(
        database.ask("select k0 from k0 order by subject"),
        "NULL\ny\n"
    );
    let left = database.ask("select sum(rowid_) from `select \"from\" \\ it's`");
    assert_eq!(left, "5\n");
}

const EXACT: &str = "
habeas: 1
store: exact
title: Exact
collections:
  account:
    key: [id]
    columns:
      id: { category: system, identity: { kind: shop.number } }
      email: { category: user.contact.email, identity: { kind: email } }
      nick: { category: user, identity: { kind: shop.nick } }
      old: { category: user, identity: { kind: shop.old } }
      raw: { category: user, identity: { kind: shop.raw } }
";

fn accounts() -> Database {
    let database = Database::fresh();
    database.run(
        "create table account (
           id bigint unsigned primary key,
           email varchar(80) character set utf8mb4 collate utf8mb4_general_ci, key (email),
           nick varchar(80) character set utf8mb4 collate utf8mb4_unicode_ci, key (nick),
           old varchar(80) character set latin1 collate latin1_german1_ci, key (old),
           raw varbinary(80), key (raw));
         insert into account (id, email, nick, old, raw) values
           (1, 'ada@example.org', 'Ada', 'Ada', 'Ada'), (2, 'ADA@example.org', 'ADA', 'ADA', 'ADA'),
           (3, 'áda@example.org', 'Áda', 'Áda', 'Áda'), (4, 'ada@example.org ', 'Ada ', 'Ada ', 'Ada '),
           (18446744073709551615, 'z@example.org', 'z', 'z', 'z');
         insert into account (id, email, nick, old, raw)
           select 1000 + seq, concat(seq, '@example.org'), seq, seq, seq from seq_1_to_20000;
         analyze table account",
    );
    database
}

#[tokio::test(flavor = "multi_thread")]
async fn exact_is_exact_whatever_the_collation_ignores() {
    let database = accounts();
    let connector = connect(database.url(), EXACT);
    let nick = |value: &str| kind("shop.nick", value);
    for (asker, found) in [
        (person("ada@example.org"), 1),
        (person("Ada@example.org"), 0),
        (nick("Ada"), 1),
        (nick("ada"), 0),
        (nick("Áda"), 1),
        (nick("ÁDA"), 0),
        (nick("A\u{200b}da"), 0),
        (kind("shop.old", "Áda"), 1),
        (kind("shop.old", "áda"), 0),
        (kind("shop.old", "Łada"), 0),
        (kind("shop.raw", "Áda"), 1),
        (kind("shop.raw", "áda"), 0),
        (kind("shop.number", "18446744073709551615"), 1),
        (kind("shop.number", "01001"), 0),
        (kind("shop.number", "1001"), 1),
        (kind("shop.number", "99999999999999999999"), 0),
        (kind("shop.number", "1e3"), 0),
    ] {
        let located = locate_one(&connector, &asker).await;
        let said = &asker.identifiers[0].value;
        assert_eq!(located.rows[0].rows, found, "{:?}", said.reveal().as_str());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exact_search_uses_the_index_of_the_column() {
    let database = accounts();
    let connector = connect(database.url(), EXACT);
    let read = || {
        let sql = format!(
            "select coalesce(sum(rows_read), 0) from information_schema.table_statistics \
             where table_schema = '{}' and table_name = 'account'",
            database.name()
        );
        database.ask(&sql).trim().parse::<u64>().unwrap()
    };
    let before = read();
    for asker in [
        person("77@example.org"),
        kind("shop.nick", "77"),
        kind("shop.old", "77"),
        kind("shop.raw", "77"),
        kind("shop.number", "1077"),
    ] {
        assert_eq!(locate_one(&connector, &asker).await.rows[0].rows, 1);
    }
    // The other four columns of each search may be looked at for nothing, but never all rows.
    let rows = read() - before;
    assert!((5..1_000).contains(&rows), "{rows} rows were read");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_text_joins_exactly() {
    let database = Database::fresh();
    database.run(
        "create table person (id int primary key, email varchar(80));
         create table note (id int primary key, email varchar(80), key (email));
         insert into person values (1, 'ada@example.org');
         insert into note values (1, 'ada@example.org'), (2, 'ADA@example.org'),
           (3, 'áda@example.org'), (4, 'ada@example.org ')",
    );
    let map = "
habeas: 1
store: notes
title: Notes
collections:
  person:
    key: [id]
    columns:
      id: { category: system }
      email: { category: user.contact.email, identity: { kind: email } }
  note:
    key: [id]
    columns:
      id: { category: system }
      email: { category: user.contact.email }
    belongs_to: [{ collection: person, on: { email: email } }]
";
    let connector = connect(database.url(), map);
    let located = locate_one(&connector, &person("ada@example.org")).await;
    assert_eq!(live::rows(&located.rows), [1, 1]);
    let order = erase_order(&connector, person("ada@example.org")).await;
    erase_one(&connector, &order).await;
    assert_eq!(database.ask("select id from note order by id"), "2\n3\n4\n");
}
