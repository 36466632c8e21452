//! The private server, seen by the tests that use it.

use habeas_testkit::postgres::Database;
use tokio_postgres::NoTls;

async fn one(url: &str, sql: &str) -> Result<String, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client.query_one(sql, &[]).await?.get(0))
}

#[tokio::test]
async fn each_test_has_a_database_of_its_own_until_it_ends() {
    let (first, second) = (Database::fresh(), Database::fresh());
    first.run("CREATE TABLE person (name text)");
    let count = "SELECT count(*)::text FROM pg_tables WHERE tablename = 'person'";
    assert_eq!(one(first.url(), count).await.unwrap(), "1");
    assert_eq!(one(second.url(), count).await.unwrap(), "0");

    let gone = first.url().to_owned();
    drop(first);
    assert!(one(&gone, count).await.is_err());
}

#[tokio::test]
async fn a_copy_begins_with_what_its_template_holds_and_keeps_its_changes_to_itself() {
    let person = || {
        Database::copy_of("testkit_person", |url| {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(
                file.path(),
                "CREATE TABLE person (name text);\nCOPY person FROM stdin;\nAda\n\\.\n",
            )
            .unwrap();
            habeas_testkit::postgres::load(url, file.path());
        })
    };
    let (first, second) = (person(), person());
    first.run("DELETE FROM person");
    let names = "SELECT coalesce(string_agg(name, ','), '-') FROM person";
    assert_eq!(one(first.url(), names).await.unwrap(), "-");
    assert_eq!(one(second.url(), names).await.unwrap(), "Ada");
}

#[tokio::test]
async fn letters_beyond_ascii_compare_without_their_case() {
    let database = Database::fresh();
    assert_eq!(
        one(database.url(), "SELECT lower('ÅSA MÜLLER')")
            .await
            .unwrap(),
        "åsa müller"
    );
}

#[test]
#[should_panic(expected = "could not load")]
fn a_file_of_sql_that_fails_fails_the_test() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "SELECT nothing FROM nowhere;").unwrap();
    Database::fresh().load(file.path());
}
