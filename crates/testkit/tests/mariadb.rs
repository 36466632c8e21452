//! The private server, seen by the tests that use it.

use habeas_testkit::mariadb::Database;

#[test]
fn each_test_has_a_database_of_its_own_until_it_ends() {
    let (first, second) = (Database::fresh(), Database::fresh());
    first.run("create table person (name text); insert into person values ('Łada')");
    assert_eq!(first.ask("select name from person"), "Łada\n");
    let tables = |name: &str| {
        let sql =
            format!("select count(*) from information_schema.tables where table_schema = '{name}'");
        second.ask(&sql)
    };
    assert_eq!(
        (tables(first.name()), tables(second.name())),
        ("1\n".to_owned(), "0\n".to_owned())
    );
    let gone = first.name().to_owned();
    drop(first);
    assert_eq!(tables(&gone), "0\n");
}

#[test]
#[should_panic(expected = "nowhere")]
fn a_statement_that_fails_fails_the_test() {
    Database::fresh().run("select nothing from nowhere");
}
