import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { hex, iso, median, ratioOf, tell } from './workshop.mjs'
import { yearsOfRuns } from './years.mjs'

/** What a build may cost more than the one before it. */
const tolerance = 1.03

const startRounds = 41
const workRounds = 15

const components = ['foundry', 'logs', 'configs']

/**
 * Measures two builds in turn, in one run, on sites of their own that each has prepared itself: what one build leaves for its
 * next process, another may not be able to read.
 *
 * @param dist the folder that holds the `holdfast.js` to compare with
 */
export async function measureAgainst(workshop, dist) {
  const programs = { new: fileURLToPath(new URL('../../dist/holdfast.js', import.meta.url)), old: resolve(dist, 'holdfast.js') }
  for (const program of Object.values(programs)) if (!existsSync(program)) throw new Error(`${program} is not there: build it`)
  const [load] = loadavg()
  writeData(workshop)
  const builds = {}
  for (const [name, program] of Object.entries(programs)) {
    tell(`preparing the sites of the ${name} build\n`)
    builds[name] = await prepare(workshop, name, [process.execPath, program])
  }
  const rows = []
  for (const [what, rounds, words, prepareRound] of commands) {
    const usages = await workshop.alternate(rounds, {
      new: builds.new(words, prepareRound),
      old: builds.old(words, prepareRound),
    })
    rows.push(
      row(what, 'ms of CPU', usages, ({ cpuMs }) => cpuMs),
      row(what, 'MB at the peak', usages, ({ peakBytes }) => peakBytes / 1e6),
    )
  }
  const machine = { processors: availableParallelism(), load, node: process.version }
  return { schemaVersion: 1, measuredAt: iso(Date.now()), machine, rounds: { start: startRounds, work: workRounds }, rows }
}

const commands = [
  ['--version', startRounds, ['--version']],
  ['--help', startRounds, ['--help']],
  ['status, 5 years of journal', startRounds, ['status', '--config', 'years.yaml']],
  ['watch, one component of files', startRounds, ['watch']],
  ['points, 90 snapshots each of three components', workRounds, ['points', '--quiet', '--config', 'years.yaml']],
  ['retention plan of them', workRounds, ['retention', 'plan', '--quiet', '--config', 'years.yaml']],
  ['backup, 10,000 unchanged files', workRounds, ['backup']],
  ['restore, 10,000 files', workRounds, ['restore', 'files', '--to', 'FRESH']],
]

function writeData(workshop) {
  for (let number = 0; number < 10_000; number += 1) {
    workshop.write(`data/${Math.floor(number / 100)}/${number}.txt`, randomBytes(500 + (number % 8) * 500).toString('hex'), 0o644)
  }
}

/** Gives back how a command line of a build is run in its own folders. */
async function prepare(workshop, name, holdfast) {
  const folder = (...parts) => workshop.at(name, ...parts)
  const words = (all) => all.map((word) => (word.endsWith('.yaml') ? folder(word) : word))
  const environment = [
    'env',
    ...[
      ['CONFIG', 'holdfast.yaml'],
      ['STATE_DIR', 'state'],
      ['CACHE_DIR', 'cache'],
      ['RUNTIME_DIR', 'run'],
    ].map(([variable, path]) => `HOLDFAST_${variable}=${folder(path)}`),
  ]
  // What is restored into has to be fresh, which `sh` sees to in both builds alike.
  const command = (all) =>
    all.includes('FRESH')
      ? [
          'sh',
          '-ec',
          `rm -rf "${folder('back')}"; exec "$@"`,
          'sh',
          ...environment,
          ...holdfast,
          ...all.map((word) => (word === 'FRESH' ? folder('back') : word)),
        ]
      : [...environment, ...holdfast, ...words(all)]
  workshop.write(`${name}/secrets/restic.key`, `${randomBytes(24).toString('base64')}\n`)
  workshop.write(
    `${name}/holdfast.yaml`,
    `site: bench\nstorage: { directory: ${folder('storage')} }\nschedule: { drill: never }\ncomponents: { files: { files: { paths: [${workshop.at('data')}] } } }\n`,
  )
  writeYearsOf(workshop, name, folder)
  for (const line of [
    ['setup', 'apply', '--yes', '--quiet'],
    ['backup', '--quiet'],
    ['points', '--quiet', '--config', 'years.yaml'],
  ])
    await workshop.measure(command(line))
  // Nobody has backed the years up tonight: the watch and the status of them end with 4, and are what is measured.
  await workshop.measure(command(['watch', '--quiet']), {}, [0, 4])
  const { status } = JSON.parse(await workshop.outputOf(command(['status', '--json', '--config', 'years.yaml'])))
  if (
    status.components.some(
      ({ askedAt, days }) => askedAt === undefined || days.filter(({ outcome }) => outcome === 'done').length < 28,
    )
  )
    throw new Error(`the ${name} build did not read the journal that this program wrote: its form has changed`)
  return command
}

/** A site whose restic is a stand-in that lists as many snapshots as the journal tells of. */
function writeYearsOf(workshop, name, folder) {
  const { months, points } = yearsOfRuns('years', components, folder('storage'))
  for (const [month, lines] of months) workshop.write(`${name}/state/years/journal/${month}.jsonl`, lines)
  for (const component of components) {
    const snapshots = points.get(component).map(({ id, beganAt, endedAt }) => ({
      ...{ id, time: iso(beganAt), tree: hex(64), paths: [`/srv/${component}`], hostname: 'years', username: 'root' },
      ...{ tags: [`holdfast:${component}`], program_version: 'restic 0.18.0' },
      summary: { backup_start: iso(beganAt), backup_end: iso(endedAt), data_added_packed: 90_000 },
    }))
    workshop.write(`${name}/snapshots-${component}.json`, JSON.stringify(snapshots))
  }
  const list = `case " $* $RESTIC_REPOSITORY " in ${components.map((component) => `*/years/${component}*) exec cat '${folder(`snapshots-${component}.json`)}' ;;`).join(' ')} *) echo '[]' ;; esac`
  workshop.write(
    `${name}/restic`,
    `#!/bin/sh\ncase $1 in\nversion) echo 'restic 0.18.0 compiled with go' ;;\nsnapshots) ${list} ;;\n*) exit 1 ;;\nesac\n`,
    0o700,
  )
  workshop.write(
    `${name}/years.yaml`,
    [
      'site: years',
      'timezone: Australia/Perth',
      'schedule: { drill: never }',
      `storage: { directory: ${folder('storage')} }`,
      `engines: { restic: ${folder('restic')} }`,
      'retention: { daily: 30, weekly: 8, monthly: forever }',
      'components:',
      ...components.map((component) => `  ${component}: { files: { paths: [/srv/${component}] } }`),
    ].join('\n'),
  )
}

function row(what, unit, usages, figure) {
  const [values, otherValues] = [usages.new.map(figure), usages.old.map(figure)]
  const ratio = ratioOf(values, otherValues)
  return {
    what,
    unit,
    value: median(values),
    otherValue: median(otherValues),
    ratio,
    goal: { ratio: tolerance },
    met: ratio <= tolerance,
  }
}

export function againstTable({ rows, machine, rounds, measuredAt }) {
  const cells = rows.map(({ what, unit, value, otherValue, ratio, met }) => [
    ...[`holdfast ${what}`, unit, value.toFixed(1), otherValue.toFixed(1), `${ratio.toFixed(3)}x`, met ? 'yes' : 'no'],
  ])
  const lines = [['measured', 'unit', 'this build', 'the other', 'ratio', `≤ ${tolerance}x`], ...cells]
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)))
  const padded = (cell, column) => (column > 1 && column < 5 ? cell.padStart(widths[column]) : cell.padEnd(widths[column]))
  return [
    `${measuredAt.slice(0, 16).replace('T', ' ')} UTC · ${machine.processors} processors, load ${machine.load.toFixed(1)} · node ${machine.node}`,
    `medians of ${rounds.start} rounds, of ${rounds.work} from points on; a ratio is the median of the ratios within a round`,
    '',
    ...lines.map((line) => line.map(padded).join('  ').trimEnd()),
  ].join('\n')
}
