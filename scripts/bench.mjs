// Measures what Holdfast costs beside what it is compared with, in one run and in turn (A B A B …), because a machine that
// is busy with something else slows both. `npm run bench` installs what it needs; `--json` prints one JSON document, and
// `--against DIST` compares two builds of Holdfast with each other instead.
// Everything lies in one temporary folder, which goes when the measuring ends, however it ends.
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { againstTable, measureAgainst } from './bench/against.mjs'
import { componentsOfYears, pathOf, yearsOfRuns } from './bench/years.mjs'
import { hex, iso, median, ratioOf, tell, Workshop } from './bench/workshop.mjs'

const startRounds = 21
const backUpRounds = 11
const planRounds = 11
const restoreRounds = 7
const pointsRounds = 11
const noticeRounds = 7

const { values: flags } = parseArgs({ options: { against: { type: 'string' }, json: { type: 'boolean', default: false } } })
const holdfast = [process.execPath, fileURLToPath(new URL('../dist/holdfast.js', import.meta.url))]
const emptyNode = [process.execPath, '-e', '0']
const workshop = new Workshop(6e9)
const at = (...parts) => workshop.at(...parts)
const write = (...parameters) => workshop.write(...parameters)
const measure = (...parameters) => workshop.measure(...parameters)
const outputOf = (...parameters) => workshop.outputOf(...parameters)
const alternate = (...parameters) => workshop.alternate(...parameters)
Object.assign(workshop.environment, {
  HOLDFAST_CONFIG: at('holdfast.yaml'),
  HOLDFAST_STATE_DIR: at('state'),
  HOLDFAST_CACHE_DIR: at('cache'),
  HOLDFAST_RUNTIME_DIR: at('run'),
  BORG_BASE_DIR: at('borg'),
  BORG_PASSPHRASE: randomBytes(24).toString('hex'),
})

// Loaded into Holdfast's own node: its peak without that of the engines, which wait4 would mix in.
const peakReporter = `process.on('exit', () => require('node:fs').writeFileSync(process.env.BENCH_PEAK_FILE,
  String(process.resourceUsage().maxRSS * 1024)))`

async function ownPeakOfBackUp() {
  const file = at('peak')
  await measure([...holdfast, 'backup', '--quiet'], {
    NODE_OPTIONS: `--require=${at('peak-reporter.cjs')}`,
    BENCH_PEAK_FILE: file,
  })
  return Number(readFileSync(file, 'utf8'))
}

/** A site with five years of journal, and what the engines and the last watch said of it. */
function writeYears() {
  write(
    'years.yaml',
    [
      'site: years',
      'timezone: Australia/Perth',
      // Nobody tests restores in this history.
      'schedule: { drill: never }',
      `storage: { directory: ${at('storage')} }`,
      'components:',
      '  database: { postgres: { dataDirectory: /srv/database } }',
      ...componentsOfYears.slice(1).map((component) => `  ${component}: { files: { paths: [${pathOf(component)}] } }`),
    ].join('\n'),
  )
  const { months, points, megabytes } = yearsOfRuns('years', componentsOfYears, at('storage'))
  for (const [month, lines] of months) write(`state/years/journal/${month}.jsonl`, lines)
  for (const [component, found] of points) {
    const window = { from: found[0].endedAt, to: Date.now(), points: found.map(({ id }) => id) }
    const windows = component === 'database' ? [window] : undefined
    write(`cache/years/points/${component}.json`, JSON.stringify({ askedAt: Date.now(), points: found, windows }))
  }
  // What the last watch saw: a status without it has a database that is not well.
  const seenAt = Date.now()
  const seen = {
    seenAt,
    lastArchivedAt: seenAt,
    finishedAt: seenAt,
    failedCount: 0,
    isFailing: false,
    waiting: 0,
    waitingBytes: 0,
  }
  const archiving = {
    ...seen,
    archiveTimeoutMs: 300_000,
    xid: '7',
    xidSince: seenAt,
    isOn: true,
    mayDrop: false,
    inRecovery: false,
  }
  const clock = { at: seenAt, bootId: 'none', uptimeMs: 0, jumpedMs: 0 }
  write('state/years/watch.json', JSON.stringify({ at: seenAt, clock, checks: [], databases: { database: { archiving } } }))
  return { megabytes, months: months.size }
}

/** 10,000 files of 1 to 8 kB in four folders, and the same for each of the three that back them up. */
function writeFiles() {
  const folders = ['foundry', 'logs', 'configs', 'website'].map((name) => `data/${name}`)
  for (let number = 0; number < 10_000; number += 1) {
    const file = `${folders[number % 4]}/${Math.floor(number / 100)}/${number}.txt`
    write(file, randomBytes(500 + (number % 8) * 500).toString('hex'), 0o644)
  }
  const list = folders.map((folder) => at(folder)).join(', ')
  write(
    'holdfast.yaml',
    `site: bench\nstorage: { directory: ${at('storage')} }\ncomponents: { files: { files: { paths: [${list}] } } }\n`,
  )
  write('secrets/restic.key', `${randomBytes(24).toString('base64')}\n`)
  write('borgmatic.yaml', `location: { source_directories: [${list}], repositories: [${at('borg-repository')}] }\n`)
}

/**
 * A site whose repository holds 10,000 snapshots, one every four hours. Nobody makes those in minutes, so a program answers in
 * restic's stead, with what restic 0.18 would print.
 */
function writeSnapshots() {
  const snapshots = Array.from({ length: 10_000 }, (_, index) => {
    const began = Date.now() - (10_000 - index) * 4 * 3_600_000
    const summary = { backup_start: iso(began), backup_end: iso(began + 9000), data_added_packed: 90_000 + index }
    const rest = {
      tree: hex(64),
      paths: ['/srv/data'],
      hostname: 'snapshots',
      username: 'root',
      program_version: 'restic 0.18.0',
    }
    return { time: iso(began), ...rest, tags: ['holdfast:files'], summary, id: hex(64) }
  })
  write('snapshots.json', JSON.stringify(snapshots))
  const answers = `version) echo 'restic 0.18.0 compiled with go' ;;\nsnapshots) exec cat '${at('snapshots.json')}' ;;\n*) exit 1 ;;`
  write('snapshots/restic', `#!/bin/sh\ncase $1 in\n${answers}\nesac\n`, 0o700)
  write('snapshots/secrets/restic.key', 'only a stand-in opens with it\n')
  write(
    'snapshots/holdfast.yaml',
    [
      'site: snapshots',
      'timezone: Australia/Lord_Howe',
      `storage: { directory: ${at('storage')} }`,
      `engines: { restic: ${at('snapshots/restic')} }`,
      'retention: { daily: 30, weekly: 8, monthly: forever }',
      `components: { files: { files: { paths: [${at('data/foundry')}] } } }\n`,
    ].join('\n'),
  )
}

/**
 * A repository of 1,024 snapshots out of one: to change the tags of all, restic writes new snapshots and removes the old, and
 * the old are put back. Backups would take a process for each.
 */
async function makeSnapshots() {
  write(
    'points.yaml',
    `site: points\nstorage: { directory: ${at('storage')} }\ncomponents: { files: { files: { paths: [${at('data/configs')}] } } }\n`,
  )
  const config = ['--config', at('points.yaml')]
  await measure([...holdfast, 'setup', 'apply', '--yes', ...config])
  await measure([...holdfast, 'backup', ...config])
  const repository = at('storage/points/files')
  const cache = at('cache/points/restic')
  const restic = (verb, ...words) => [
    ...['restic', verb, '--repo', repository, '--password-file', at('secrets/restic.key'), '--cache-dir', cache],
    ...words,
  ]
  for (let doubled = 1; doubled <= 10; doubled += 1) {
    cpSync(join(repository, 'snapshots'), at('before'), { recursive: true })
    await measure(restic('tag', '--set', `holdfast:files,changed-${doubled}`))
    cpSync(at('before'), join(repository, 'snapshots'), { recursive: true })
    rmSync(at('before'), { recursive: true })
  }
  const snapshots = readdirSync(join(repository, 'snapshots')).length
  if (snapshots !== 1024) throw new Error(`there should be 1,024 snapshots, and there are ${snapshots}`)
  return { points: [...holdfast, 'points', ...config], restic: restic('snapshots', '--no-lock', '--json') }
}

function writeNewData() {
  for (let number = 0; number < 64; number += 1) write(`data/website/new/${number}`, randomBytes(2 ** 24))
}

const isDone = ({ outcome }) => outcome === 'done'

/** A row of processor time: the median of the ratios within a round, so that a slow minute weighs on both sides. */
function cpuRow(what, measured, against, other, goal, startOfNode) {
  const cpu = (usages) => usages.map(({ cpuMs }) => cpuMs)
  const starts = startOfNode === undefined ? measured.map(() => 0) : cpu(startOfNode)
  const ratio = median(measured.map((usage, round) => (usage.cpuMs - starts[round]) / other[round].cpuMs))
  const [value, otherValue] = [median(cpu(measured)), median(cpu(other))]
  return { what, unit: 'ms of CPU', value, against, otherValue, ratio, goal: { ratio: goal }, met: ratio <= goal }
}

/** A row of what one command takes more than another, of each round, against a goal in time. */
function extraCpuRow(what, measured, against, other, goalMs) {
  const value = median(measured.map(({ cpuMs }, round) => cpuMs - other[round].cpuMs))
  const otherValue = median(other.map(({ cpuMs }) => cpuMs))
  return { what, unit: 'ms of CPU', value, against, otherValue, goal: { cpuMs: goalMs }, met: value < goalMs }
}

/** A row of time by the clock, for commands that wait for the same disk and each other as a person does for them. */
function wallRow(what, measured, against, other, goal) {
  const wall = (usages) => usages.map(({ wallMs }) => wallMs)
  const ratio = ratioOf(wall(measured), wall(other))
  const [value, otherValue] = [median(wall(measured)), median(wall(other))]
  return { what, unit: 'ms by the clock', value, against, otherValue, ratio, goal: { ratio: goal }, met: ratio <= goal }
}

/** A row of processor time against a goal in time alone. */
function limitRow(what, measured, goalMs) {
  const value = median(measured.map(({ cpuMs }) => cpuMs))
  return { what, unit: 'ms of CPU', value, goal: { cpuMs: goalMs }, met: value < goalMs }
}

/** A row of time that a person waits. */
function delayRow(what, waits, goalMs) {
  const value = Math.max(...waits)
  return { what, unit: 'ms by the clock', value, goal: { wallMs: goalMs }, met: value < goalMs }
}

function memoryRow(what, peaks, goalBytes) {
  const value = Math.max(...peaks)
  return { what, unit: 'bytes at the peak', value, goal: { bytes: goalBytes }, met: value < goalBytes }
}

/**
 * All 1.2 GB into a fresh folder. Both sides look for the newest snapshot and restore it with the same options and cache:
 * Holdfast in one command, whoever has restic alone in two.
 */
async function measureRestores() {
  const { id } = JSON.parse(await outputOf([...holdfast, 'points', '--json'])).components[0].points.at(-1)
  const [, major, minor] = /^restic (\d+)\.(\d+)/.exec(await outputOf(['restic', 'version']))
  const options = Number(major) > 0 || Number(minor) >= 16 ? '--json --sparse' : ''
  const restic = `restic --repo ${at('storage/bench/files')} --password-file ${at('secrets/restic.key')} --cache-dir ${at('cache/bench/restic')}`
  write('restore.sh', `rm -rf "$1"\n${restic} snapshots --no-lock --json\n${restic} restore ${options} --target "$1" ${id}\n`)
  write('holdfast-restore.sh', `rm -rf "$1"\n"$2" "$3" restore files --to "$1"\n`)
  return alternate(restoreRounds, {
    'restic restore': ['sh', '-e', at('restore.sh'), at('back')],
    'holdfast restore': ['sh', '-e', at('holdfast-restore.sh'), at('back'), ...holdfast],
  })
}

/**
 * From the failure of an engine, as the journal dates the step that ends by it, to the notice that arrives at a Discord of the
 * benchmark's own, in milliseconds.
 */
async function measureNotices() {
  let arrivedAt
  const discord = createServer((request, response) => {
    arrivedAt = Date.now()
    request.resume()
    response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"id":"1"}')
  })
  await new Promise((resolve) => discord.listen(0, '127.0.0.1', resolve))
  try {
    const address = `http://127.0.0.1:${discord.address().port}/api/webhooks/1234567890123456789/${'a'.repeat(68)}`
    write('notices/secrets/restic.key', 'nothing is opened with it\n')
    write('notices/secrets/discord.env', `DISCORD_WEBHOOK_URL=${address}\n`)
    write(
      'notices/restic',
      '#!/bin/sh\ncase " $* " in *notices/files*" backup "*|*" backup "*notices/files*) exit 1 ;; esac\nexec restic "$@"\n',
      0o700,
    )
    write(
      'notices/holdfast.yaml',
      [
        'site: notices',
        `storage: { directory: ${at('storage')} }`,
        `engines: { restic: ${at('notices/restic')} }`,
        'notify: { discord: {} }',
        `components: { files: { files: { paths: [${at('data/configs')}] } } }\n`,
      ].join('\n'),
    )
    const config = ['--config', at('notices/holdfast.yaml')]
    await measure([...holdfast, 'setup', 'apply', '--yes', ...config])
    const waits = []
    for (let round = 0; round < noticeRounds; round += 1) {
      // Each failure is the first one that people hear of.
      rmSync(at('state/notices/notices.json'), { force: true })
      arrivedAt = undefined
      await measure([...holdfast, 'backup', ...config], {}, [3])
      const [month] = readdirSync(at('state/notices/journal'))
      const records = readFileSync(at('state/notices/journal', month), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
      const { at: failedAt } = records.findLast(({ type }) => type === 'step-ended')
      if (arrivedAt === undefined) throw new Error('no notice arrived')
      waits.push(arrivedAt - Date.parse(failedAt))
    }
    return waits
  } finally {
    discord.close()
    discord.closeAllConnections()
  }
}

async function measureAll() {
  write('peak-reporter.cjs', peakReporter)
  const [load] = loadavg()
  tell('writing five years of journal and 10,000 files\n')
  const journal = writeYears()
  writeFiles()

  const status = [...holdfast, 'status', '--config', at('years.yaml')]
  const { components } = JSON.parse(await outputOf([...status, '--json'])).status
  if (!components.every(({ healthy, days, askedAt }) => healthy && days.filter(isDone).length >= 28 && askedAt !== undefined))
    throw new Error('holdfast status did not read the journal that this program wrote: its form has changed')
  const start = await alternate(startRounds, {
    node: emptyNode,
    'holdfast --version': [...holdfast, '--version'],
    'holdfast status': status,
    'borgmatic --version': ['borgmatic', '--version'],
  })

  await measure([...holdfast, 'setup', 'apply', '--yes'])
  write('script.sh', await outputOf([...holdfast, 'backup', '--dry-run']))
  await measure(['borg', 'init', '--encryption', 'repokey-blake2', at('borg-repository')])
  const backUp = await alternate(backUpRounds, {
    node: emptyNode,
    script: ['sh', '-e', at('script.sh')],
    'holdfast backup': [...holdfast, 'backup'],
    'borgmatic create': ['borgmatic', '--config', at('borgmatic.yaml'), 'create'],
  })

  const watch = await alternate(startRounds, { node: emptyNode, 'holdfast watch': [...holdfast, 'watch'] })
  tell('failing, and waiting for the notice\n')
  const notices = await measureNotices()

  writeSnapshots()
  const ofSnapshots = ['--quiet', '--config', at('snapshots/holdfast.yaml')]
  const plan = await alternate(planRounds, {
    'holdfast points': [...holdfast, 'points', ...ofSnapshots],
    'holdfast retention plan': [...holdfast, 'retention', 'plan', ...ofSnapshots],
  })
  tell('making 1,024 snapshots\n')
  const commands = await makeSnapshots()
  const points = await alternate(pointsRounds, {
    'restic snapshots': commands.restic,
    'holdfast points': commands.points,
  })

  tell('peak memory of backups\n')
  const peaks = [await ownPeakOfBackUp(), await ownPeakOfBackUp(), await ownPeakOfBackUp()]
  writeNewData()
  const largePeak = await ownPeakOfBackUp()
  const restored = await measureRestores()

  const firstLine = async (...command) => (await outputOf(command)).trim().split('\n')[0]
  return {
    schemaVersion: 1,
    measuredAt: iso(Date.now()),
    machine: { processors: availableParallelism(), load, node: process.version },
    versions: [
      await firstLine(...holdfast, '--version'),
      await firstLine('restic', 'version'),
      `borgmatic ${await firstLine('borgmatic', '--version')}`,
      await firstLine('borg', '--version'),
    ],
    rounds: { start: startRounds, backUp: backUpRounds, plan: planRounds, points: pointsRounds, restore: restoreRounds },
    journal,
    rows: [
      cpuRow('holdfast --version', start['holdfast --version'], 'node -e 0', start.node, 1.25),
      cpuRow('holdfast status, 5 years of journal', start['holdfast status'], 'node -e 0', start.node, 1.7),
      limitRow('holdfast status, 5 years of journal', start['holdfast status'], 300),
      cpuRow('holdfast watch, one component of files', watch['holdfast watch'], 'node -e 0', watch.node, 1.8),
      delayRow('from an engine’s failure to the notice, by the clock', notices, 5000),
      memoryRow(
        'holdfast status, 5 years of journal',
        start['holdfast status'].map(({ peakBytes }) => peakBytes),
        80e6,
      ),
      cpuRow(
        'holdfast backup, 10,000 unchanged files',
        backUp['holdfast backup'],
        'its restic commands in sh *',
        backUp.script,
        1.1,
        backUp.node,
      ),
      extraCpuRow(
        'holdfast retention plan, 10,000 points',
        plan['holdfast retention plan'],
        'above holdfast points',
        plan['holdfast points'],
        500,
      ),
      wallRow(
        'holdfast points, 1,024 snapshots, by the clock',
        points['holdfast points'],
        'restic snapshots --json',
        points['restic snapshots'],
        1.3,
      ),
      wallRow(
        'holdfast restore, 1.2 GB of files, by the clock',
        restored['holdfast restore'],
        'restic snapshots and restore',
        restored['restic restore'],
        1.05,
      ),
      memoryRow('holdfast backup, 10,000 unchanged files', peaks, 100e6),
      memoryRow('holdfast backup, 1.07 GB of new data', [largePeak], 100e6),
      cpuRow('holdfast --version', start['holdfast --version'], 'borgmatic --version', start['borgmatic --version'], 1),
      cpuRow(
        'holdfast backup, 10,000 unchanged files',
        backUp['holdfast backup'],
        'borgmatic create',
        backUp['borgmatic create'],
        1,
      ),
    ],
  }
}

function table({ rows, machine, versions, rounds, journal, measuredAt }) {
  const milliseconds = (value) => `${value.toFixed(value < 100 ? 1 : 0)} ms`
  const megabytes = (value) => `${(value / 1e6).toFixed(1)} MB`
  const cells = rows.map(({ what, value, against, otherValue, ratio, goal, met }) => {
    const goalMs = goal.cpuMs ?? goal.wallMs
    if (goalMs !== undefined) {
      const other = otherValue === undefined ? ['', ''] : [against, milliseconds(otherValue)]
      return [what, milliseconds(value), ...other, '', `< ${goalMs} ms`, met ? 'yes' : 'no']
    }
    return ratio === undefined
      ? [what, megabytes(value), 'peak of its own process', '', '', `< ${megabytes(goal.bytes)}`, met ? 'yes' : 'no']
      : [
          what,
          milliseconds(value),
          against,
          milliseconds(otherValue),
          `${ratio.toFixed(2)}x`,
          `≤ ${goal.ratio.toFixed(2)}x`,
          met ? 'yes' : 'no',
        ]
  })
  const lines = [['measured', '', 'compared with', '', 'ratio', 'goal', 'met'], ...cells]
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)))
  const toTheRight = new Set([1, 3, 4, 5])
  const padded = (cell, column) => (toTheRight.has(column) ? cell.padStart(widths[column]) : cell.padEnd(widths[column]))
  return [
    `${measuredAt.slice(0, 16).replace('T', ' ')} UTC · ${machine.processors} processors, load ${machine.load.toFixed(1)} · node ${machine.node}`,
    versions.join(' · '),
    `journal: ${journal.megabytes.toFixed(1)} MB in ${journal.months} months`,
    '',
    'CPU is user and system time of a command with all processes that it started and waited for, as wait4(2) tells it;',
    `the median of ${rounds.start} rounds, of ${rounds.backUp} for backups, plans and points, of ${rounds.restore} for restores. In a round every command runs once, in turn; a ratio is the`,
    'median of the ratios within a round. Memory is the highest peak of resident memory.',
    '',
    ...lines.map((line) => line.map(padded).join('  ').trimEnd()),
    '',
    '* one start of node is taken off: a script has none',
  ].join('\n')
}

try {
  const [report, text] =
    flags.against === undefined ? [await measureAll(), table] : [await measureAgainst(workshop, flags.against), againstTable]
  process.stdout.write(`${flags.json ? JSON.stringify(report, undefined, 2) : `\n${text(report)}`}\n`)
} catch (error) {
  process.exitCode = 1
  tell(`\nbench: ${error.message}\n`)
} finally {
  workshop.remove()
}
