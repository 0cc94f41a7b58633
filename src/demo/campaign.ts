/** The demonstration's database: a gaming table's campaign, small but shaped like a real one. */

export const databaseName = 'campaign'

/** Schema and rows. Every value follows from its number, so two demonstrations hold the same data. */
export const schemaSql = `
CREATE TABLE players (
  id int PRIMARY KEY, name text NOT NULL UNIQUE, joined_on date NOT NULL
);
CREATE TABLE characters (
  id int PRIMARY KEY, player_id int NOT NULL REFERENCES players, name text NOT NULL,
  level int NOT NULL CHECK (level BETWEEN 1 AND 20), sheet jsonb NOT NULL
);
CREATE TABLE sessions (
  id int PRIMARY KEY, began_at timestamptz NOT NULL, summary text NOT NULL
);
CREATE TABLE dice_rolls (
  id bigint PRIMARY KEY, session_id int NOT NULL REFERENCES sessions, character_id int NOT NULL REFERENCES characters,
  die int NOT NULL, result int NOT NULL, rolled_at timestamptz NOT NULL
);
INSERT INTO players SELECT n, 'player ' || n, date '2019-01-01' + n FROM generate_series(1, 40) n;
INSERT INTO characters SELECT n, 1 + n % 40, initcap(md5(n::text)), 1 + n % 20,
  jsonb_build_object('class', (ARRAY['wizard', 'ranger', 'bard', 'cleric'])[1 + n % 4], 'notes', repeat(md5(n::text), 8))
  FROM generate_series(1, 400) n;
INSERT INTO sessions SELECT n, timestamptz '2019-02-01 18:00+08' + n * interval '7 days', repeat(md5((n * 7)::text) || ' ', 20)
  FROM generate_series(1, 360) n;
INSERT INTO dice_rolls SELECT n, 1 + n % 360, 1 + n % 400, 20, 1 + hashint8(n) & 15, timestamptz '2019-02-01 18:00+08' + n * interval '11 minutes'
  FROM generate_series(1, 300000) n;
CREATE INDEX ON dice_rolls (session_id, character_id);
ANALYZE;
`

/** An evening's play. */
export const eveningSql = `
INSERT INTO sessions VALUES (361, timestamptz '2026-01-25 18:00+08', 'The dragon was bribed.');
INSERT INTO dice_rolls SELECT n, 361, 1 + n % 400, 20, 1 + hashint8(n) & 15, timestamptz '2026-01-25 18:00+08' + n * interval '1 second'
  FROM generate_series(300001, 305000) n;
UPDATE characters SET level = least(20, level + 1) WHERE id % 10 = 0;
`

/** The last thing that anybody saved before the disaster. */
export const lastWordSql = `UPDATE sessions SET summary = 'The dragon was bribed. It stays bribed.' WHERE id = 361`

export const lostTable = 'dice_rolls'

export const disasterSql = `DROP TABLE ${lostTable}`

/** One line a table: name, number of rows, checksum over all of them in order. */
export const fingerprintSql = ['players', 'characters', 'sessions', 'dice_rolls']
  .map((table) => `SELECT '${table}', count(*), md5(string_agg(t::text, '|' ORDER BY id)) FROM ${table} t`)
  .join(' UNION ALL ')
