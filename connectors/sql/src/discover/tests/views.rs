//! Views, plain and materialised.

use super::*;

#[test]
fn plain_views_are_named_and_not_exported_twice() {
    let drawn = catalogue(
        "
        person: id* email
        film: id* title
        view person_list: id:int email
        view film_list: id:int title",
    );
    let over = |table: &'static str| move |view: &mut Table| view.derives_from = vec![name(table)];
    let drawn = sketch::with(drawn, "person_list", over("person"));
    let drawn = sketch::with(drawn, "film_list", over("film"));
    let proposal = propose_for(&drawn);
    assert_eq!(proposal.map.collections.len(), 1);
    noted(
        &proposal,
        "",
        "The view person_list is not mapped, or its rows would be exported twice: it is derived from \
         person.",
    );
    noted(&proposal, "", "Views that read no mapped table: film_list.");
}

/// Persons, their orders, and materialised views over a view of both.
fn with_views(views: &str) -> Catalogue {
    let mut drawn = catalogue(&format!(
        "
        person: person_id* email
        orders: order_id* person_id->person.person_id total:number
        view both: person_id:int
        {views}"
    ));
    for table in &mut drawn.tables {
        table.derives_from = match table.kind {
            TableKind::View => vec![name("person"), name("orders")],
            TableKind::MaterialisedView => vec![name("both")],
            TableKind::Table | TableKind::Partitioned | TableKind::Foreign => Vec::new(),
        };
    }
    drawn
}

#[test]
fn a_materialised_view_that_leads_to_a_person_is_proposed_as_derived() {
    let drawn = with_views("materialised totals: person_id:int full_name spent:number");
    let pointer = Pointer {
        from: name("totals"),
        column: "person_id".to_owned(),
        to: name("person"),
        key: "person_id".to_owned(),
        only: None,
    };
    let sample = Sample::default().with_share(pointer.clone(), 40, 40);
    let proposal = propose(&drawn, Some(&sample), "shop".parse().unwrap()).unwrap();
    let totals = &proposal.map.collections["totals"];
    assert_eq!(totals.erase, RowTreatment::Derived);
    assert_eq!(totals.belongs_to[0].collection, "person");
    assert_eq!(totals.columns["full_name"].category, "user.name");
    // By this a row is found that has outlived the person's.
    let identity = totals.columns["person_id"].identity.as_ref().unwrap();
    assert_eq!(identity.kind.as_str(), "shop.person_id");
    noted(
        &proposal,
        "collections.totals",
        "the read-back finds the person in it until it is refreshed; after every erasure: \
         REFRESH MATERIALIZED VIEW totals",
    );
    noted(
        &proposal,
        "collections.totals",
        "keeps rows made from orders, person.",
    );
    noted(
        &proposal,
        "collections.totals.belongs_to",
        "40 of 40 sampled values exist in person.person_id",
    );

    let refuted = Sample::default().with_share(pointer, 3, 40);
    let proposal = propose(&drawn, Some(&refuted), "shop".parse().unwrap()).unwrap();
    assert!(!proposal.map.collections.contains_key("totals"));
    noted(
        &proposal,
        "",
        "The materialised view totals keeps rows made from",
    );
}

#[test]
fn a_materialised_view_without_a_key_of_a_person_is_found_by_an_address_or_only_named() {
    let proposal = propose_for(&with_views(
        "materialised mailing: email
        materialised Per_Day: day total:number",
    ));
    let mailing = &proposal.map.collections["mailing"];
    assert_eq!(mailing.key, ["email"]);
    assert_eq!(
        mailing.columns["email"]
            .identity
            .as_ref()
            .unwrap()
            .kind
            .as_str(),
        "email"
    );
    assert!(!proposal.map.collections.contains_key("Per_Day"));
    noted(
        &proposal,
        "",
        r#"until it is refreshed: REFRESH MATERIALIZED VIEW "main"."Per_Day"."#,
    );
}
