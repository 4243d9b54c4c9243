-- One day of decisions of one retention class, schema 1.
-- What repeats (names, words, versions) stands once in `words`; the columns hold its number.
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE words (
    id   INTEGER PRIMARY KEY,
    word TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE decisions (
    id             INTEGER PRIMARY KEY,
    first_ms       INTEGER NOT NULL,  -- milliseconds since 1970-01-01T00:00:00Z
    last_ms        INTEGER NOT NULL,
    count          INTEGER NOT NULL,
    client         INTEGER NOT NULL,
    device         INTEGER,
    device_unknown INTEGER,           -- why no device is named
    person         INTEGER,
    person_unknown INTEGER,           -- why no person is named
    certainty      INTEGER NOT NULL,
    zone           INTEGER NOT NULL,
    team           INTEGER NOT NULL,  -- the group; `group` is a word of SQL
    door           INTEGER NOT NULL,
    method         INTEGER,
    host           TEXT NOT NULL,
    path           TEXT,
    kind           INTEGER,
    categories     INTEGER NOT NULL,
    action         INTEGER NOT NULL,
    rung           INTEGER NOT NULL,
    rule           INTEGER,
    list           INTEGER,
    list_version   INTEGER,
    policy_version INTEGER NOT NULL,
    bytes          INTEGER NOT NULL,
    duration_ms    INTEGER NOT NULL,
    reference      TEXT,
    flags          INTEGER NOT NULL,  -- 1 alert, 2 background, 4 flood
    CHECK ((device IS NULL) <> (device_unknown IS NULL)),
    CHECK ((person IS NULL) <> (person_unknown IS NULL))
) STRICT;

CREATE INDEX decisions_by_reference ON decisions (reference) WHERE reference IS NOT NULL;

-- What is new is asked for all day; rows come in order, so this index costs little.
CREATE INDEX decisions_by_time ON decisions (first_ms);

-- For a person with the `sqlite3` tool.
CREATE VIEW readable AS
SELECT
    strftime('%Y-%m-%dT%H:%M:%fZ', d.first_ms / 1000.0, 'unixepoch') AS first,
    strftime('%Y-%m-%dT%H:%M:%fZ', d.last_ms / 1000.0, 'unixepoch') AS last,
    d.count AS count,
    (SELECT word FROM words WHERE id = d.client) AS client,
    (SELECT word FROM words WHERE id = d.device) AS device,
    (SELECT word FROM words WHERE id = d.device_unknown) AS device_unknown,
    (SELECT word FROM words WHERE id = d.person) AS user,
    (SELECT word FROM words WHERE id = d.person_unknown) AS user_unknown,
    (SELECT word FROM words WHERE id = d.certainty) AS certainty,
    (SELECT word FROM words WHERE id = d.zone) AS zone,
    (SELECT word FROM words WHERE id = d.team) AS "group",
    (SELECT word FROM words WHERE id = d.door) AS door,
    (SELECT word FROM words WHERE id = d.method) AS method,
    d.host AS host,
    d.path AS path,
    (SELECT word FROM words WHERE id = d.kind) AS kind,
    (SELECT word FROM words WHERE id = d.categories) AS categories,
    (SELECT word FROM words WHERE id = d.action) AS action,
    (SELECT word FROM words WHERE id = d.rung) AS rung,
    (SELECT word FROM words WHERE id = d.rule) AS rule,
    (SELECT word FROM words WHERE id = d.list) AS list,
    (SELECT word FROM words WHERE id = d.list_version) AS list_version,
    (SELECT word FROM words WHERE id = d.policy_version) AS policy_version,
    d.bytes AS bytes,
    d.duration_ms AS duration_ms,
    d.reference AS reference,
    d.flags AS flags
FROM decisions AS d;
