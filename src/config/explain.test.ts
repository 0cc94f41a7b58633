import { describe, expect, test } from 'vitest'
import { problemsOf, smallest, writeConfiguration } from '../../test/support/configuration-file.ts'
import { failureOf } from '../../test/support/failure.ts'
import { loadSite } from './load.ts'
import { thisMachine } from '../../test/support/this-machine.ts'

describe('a wrong configuration', () => {
  test('is told with all errors at once: place, text, mark, what was expected, what was probably meant', async () => {
    const file = writeConfiguration(`${smallest}timezone: Australia/Pert
retention: { daily: 0, montly: 3 }
patience: 30
schedule: { backup: 3:00, drill: mothly }
budget: { monthly: -1, currency: aud }
objectives: { rpo: soon }
retension: forever
telemetry: true
`)
    const failure = await failureOf(() => loadSite(file, thisMachine))
    expect(failure).toMatchObject({
      code: 'configuration',
      message: `${file} has 11 errors; nothing was done`,
      hint: 'docs/configuration.md describes every key; holdfast config schema gives editors the same knowledge',
    })
    expect(failure.detail).toMatchInlineSnapshot(`
      "holdfast.yaml:5:11  timezone "Australia/Pert" is not a time zone
          5 │ timezone: Australia/Pert
            │           ^^^^^^^^^^^^^^
              did you mean Australia/Perth?
      holdfast.yaml:6:21  retention.daily "0" is not what is expected here
          6 │ retention: { daily: 0, montly: 3 }
            │                     ^
              expected a whole number from 1, or forever
      holdfast.yaml:6:24  unknown key "montly"
          6 │ retention: { daily: 0, montly: 3 }
            │                        ^^^^^^
              did you mean monthly?
      holdfast.yaml:7:11  patience "30" is not text
          7 │ patience: 30
            │           ^^
              expected a number and a unit, such as 90s, 30m, 2h, 7d or 1h30m
      holdfast.yaml:8:21  schedule.backup "3:00" is not a time of day
          8 │ schedule: { backup: 3:00, drill: mothly }
            │                     ^^^^
              expected hours and minutes on a 24-hour clock, in quotes, such as "03:00"
      holdfast.yaml:8:34  schedule.drill "mothly" is not a period
          8 │ schedule: { backup: 3:00, drill: mothly }
            │                                  ^^^^^^
              did you mean monthly?
      holdfast.yaml:9:20  budget.monthly "-1" is not a number in range
          9 │ budget: { monthly: -1, currency: aud }
            │                    ^^
              expected a number above 0
      holdfast.yaml:9:34  budget.currency "aud" is not a currency
          9 │ budget: { monthly: -1, currency: aud }
            │                                  ^^^
              expected a three-letter code such as AUD
      holdfast.yaml:10:20  objectives.rpo "soon" is not a duration
         10 │ objectives: { rpo: soon }
            │                    ^^^^
              expected a number and a unit, such as 90s, 30m, 2h, 7d or 1h30m
      holdfast.yaml:11:1  unknown key "retension"
         11 │ retension: forever
            │ ^^^^^^^^^
              did you mean retention?
      holdfast.yaml:12:1  unknown key "telemetry"
         12 │ telemetry: true
            │ ^^^^^^^^^
              known here: site, timezone, storage, secrets, engines, patience, objectives, budget, retention, schedule, notify, contacts, components"
    `)
  })

  test('names what is missing, and where', async () => {
    expect(await problemsOf('site: pi\ncomponents:\n  foundry:\n    files: { exclude: [x] }\n')).toMatchInlineSnapshot(`
      "holdfast.yaml:1:1  the file lacks storage
          1 │ site: pi
            │ ^^^^^^^^
              expected { directory: PATH } or { s3: { bucket: …, region: … } }
      holdfast.yaml:4:5  components.foundry.files lacks paths
          4 │     files: { exclude: [x] }
            │     ^^^^^
              expected a list of paths, such as [/srv/data]"
    `)
  })

  test('names the key that was probably meant, also deep inside', async () => {
    expect(await problemsOf(smallest.replace('paths:', 'path:'))).toMatchInlineSnapshot(`
      "holdfast.yaml:4:14  components.foundry.files lacks paths
          4 │   foundry: { files: { path: [/srv/foundry] } }
            │              ^^^^^
              expected a list of paths, such as [/srv/data]
      holdfast.yaml:4:23  unknown key "path"
          4 │   foundry: { files: { path: [/srv/foundry] } }
            │                       ^^^^
              did you mean paths?"
    `)
  })

  test('lists the known keys when none is near', async () => {
    expect(await problemsOf(smallest.replace('{ files:', '{ mysql: {}, files:'))).toMatchInlineSnapshot(`
      "holdfast.yaml:4:14  unknown key "mysql"
          4 │   foundry: { mysql: {}, files: { paths: [/srv/foundry] } }
            │              ^^^^^
              known here: postgres, files, repository, retention, deadline, drill"
    `)
  })

  test('is told what type it should have', async () => {
    expect(
      await problemsOf(`site: 5
storage: { s3: { bucket: My.Bucket, endpoint: "http://insecure", pathStyle: yes } }
components:
  database: { postgres: { dataDirectory: "", port: 70000, full: dayly, processes: 1.5 } }
  foundry: { files: { paths: /srv/foundry } }
  logs: { files: { paths: [] } }
`),
    ).toMatchInlineSnapshot(`
      "holdfast.yaml:1:7  site "5" is not text
          1 │ site: 5
            │       ^
              expected lower-case words with hyphens, and slashes between groups, such as pi-hosting or do-droplet/api
      holdfast.yaml:2:26  storage.s3.bucket "My.Bucket" is not a bucket name that both engines accept
          2 │ storage: { s3: { bucket: My.Bucket, endpoint: "http://insecure", pathStyle: yes } }
            │                          ^^^^^^^^^
              expected 3 to 63 lower-case letters, digits and hyphens (no dots: pgBackRest refuses them)
      holdfast.yaml:2:47  storage.s3.endpoint "http://insecure" is not an HTTPS endpoint
          2 │ storage: { s3: { bucket: My.Bucket, endpoint: "http://insecure", pathStyle: yes } }
            │                                               ^^^^^^^^^^^^^^^^^
              expected a host, with a port where it needs one, such as s3.example.org or https://localhost:9000
      holdfast.yaml:2:77  storage.s3.pathStyle "yes" is not true or false
          2 │ storage: { s3: { bucket: My.Bucket, endpoint: "http://insecure", pathStyle: yes } }
            │                                                                             ^^^
              expected true or false
      holdfast.yaml:4:42  components.database.postgres.dataDirectory "" is empty
          4 │   database: { postgres: { dataDirectory: "", port: 70000, full: dayly, processes: 1.5 } }
            │                                          ^^
              expected a path; a relative one starts at the folder of holdfast.yaml
      holdfast.yaml:4:52  components.database.postgres.port "70000" is not a whole number in range
          4 │   database: { postgres: { dataDirectory: "", port: 70000, full: dayly, processes: 1.5 } }
            │                                                    ^^^^^
              expected a whole number from 1 to 65535
      holdfast.yaml:4:65  components.database.postgres.full "dayly" is not a rhythm of full backups
          4 │   database: { postgres: { dataDirectory: "", port: 70000, full: dayly, processes: 1.5 } }
            │                                                                 ^^^^^
              expected monthly, weekly or always
      holdfast.yaml:4:83  components.database.postgres.processes "1.5" is not a whole number in range
          4 │   database: { postgres: { dataDirectory: "", port: 70000, full: dayly, processes: 1.5 } }
            │                                                                                   ^^^
              expected a whole number from 1 to 64
      holdfast.yaml:5:30  components.foundry.files.paths "/srv/foundry" is not a list of paths
          5 │   foundry: { files: { paths: /srv/foundry } }
            │                              ^^^^^^^^^^^^
              expected a list of paths, such as [/srv/data]
      holdfast.yaml:6:27  components.logs.files.paths lists no path
          6 │   logs: { files: { paths: [] } }
            │                           ^^
              expected a list of paths, such as [/srv/data]"
    `)
  })

  test('needs exactly one source for each component, and exactly one storage', async () => {
    expect(
      await problemsOf(`site: pi
storage: {}
components:
  nothing: { retention: forever }
  everything: { files: { paths: [/a] }, postgres: { dataDirectory: /b } }
  12: { files: { paths: [/c] } }
  Foundry_1: { files: { paths: [/d] } }
  empty:
`),
    ).toMatchInlineSnapshot(`
      "holdfast.yaml:2:10  storage needs either a directory or an s3 bucket
          2 │ storage: {}
            │          ^^
              expected exactly one of them
      holdfast.yaml:4:12  components.nothing needs a source: either postgres or files
          4 │   nothing: { retention: forever }
            │            ^^^^^^^^^^^^^^^^^^^^^^
              expected exactly one of them
      holdfast.yaml:5:15  components.everything needs a source: either postgres or files
          5 │   everything: { files: { paths: [/a] }, postgres: { dataDirectory: /b } }
            │               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              expected exactly one of them
      holdfast.yaml:6:3  "12" is not a component name
          6 │   12: { files: { paths: [/c] } }
            │   ^^
              expected lower-case words with hyphens, starting with a letter, such as database or web-logs
      holdfast.yaml:7:3  "Foundry_1" is not a component name
          7 │   Foundry_1: { files: { paths: [/d] } }
            │   ^^^^^^^^^
              expected lower-case words with hyphens, starting with a letter, such as database or web-logs
      holdfast.yaml:8:9  components.empty "" is not a block of keys
          8 │   empty:
            │         ^
              expected a source: postgres: { … } or files: { … }"
    `)
  })

  test.each([
    ['a fixed offset, which knows no daylight saving', '"+08:00"'],
    ['an abbreviation that is nobody’s', 'XYZ'],
  ])('takes no time zone that is %s', async (_what, zone) => {
    expect(await problemsOf(`${smallest}timezone: ${zone}\n`)).toMatch(
      /^holdfast\.yaml:5:11 {2}timezone ".*" is not a time zone\n/,
    )
  })

  test('must protect something', async () => {
    expect(await problemsOf('site: pi\nstorage: { directory: /x }\ncomponents: {}\n')).toMatchInlineSnapshot(`
      "holdfast.yaml:3:13  components names nothing to protect
          3 │ components: {}
            │             ^^
              expected at least one component"
    `)
  })

  test.each([
    ['', 'the file is empty'],
    ['# nothing yet\n', 'the file is empty'],
    ['hello\n', 'the file "hello" is not a block of keys'],
    ['- a\n- b\n', 'the file is not a block of keys'],
  ])('is no configuration at all: %j', async (content, message) => {
    expect((await problemsOf(content)).split('\n')[0]).toBe(`holdfast.yaml:1:1  ${message}`)
  })

  test('never floods the terminal, however long a line is', async () => {
    const shown = await problemsOf(
      `${smallest}secrets: [${'x'.repeat(5000)}, ${'y'.repeat(5000)}]\nobjectives: {${' '.repeat(500)}rpo: soon }\n`,
    )
    expect(shown).toMatchInlineSnapshot(`
      "holdfast.yaml:5:10  secrets is not text
          5 │ secrets: [xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…
            │          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              expected a path; a relative one starts at the folder of holdfast.yaml
      holdfast.yaml:6:519  objectives.rpo "soon" is not a duration
          6 │ …                                                      rpo: soon }
            │                                                             ^^^^
              expected a number and a unit, such as 90s, 30m, 2h, 7d or 1h30m"
    `)
  })
})

test('text that is not YAML is told with its place', async () => {
  const broken = {
    'a bracket that never closes': 'site: [pi\n',
    'tabs as indentation': 'site: pi\nstorage:\n\tdirectory: /x\n',
    'a key twice': `${smallest}site: other\n`,
    'a component twice': `${smallest}  foundry: { files: { paths: [/srv/other] } }\n`,
    'a reference to nothing': smallest.replace('pi-hosting', '*name'),
    'references that unfold without end': `${aliasBomb()}${smallest}`,
  }
  const told: string[] = []
  for (const [what, content] of Object.entries(broken)) told.push(`# ${what}\n${await problemsOf(content)}\n`)
  await expect(told.join('\n')).toMatchFileSnapshot('../../test/golden/not-yaml.txt')
})

/** A few lines that would unfold to ten thousand values. */
function aliasBomb(): string {
  const many = (name: string): string => Array.from({ length: 10 }, () => name).join(',')
  return `a: &a [${many('x')}]\nb: &b [${many('*a')}]\nc: &c [${many('*b')}]\nd: [${many('*c')}]\n`
}
