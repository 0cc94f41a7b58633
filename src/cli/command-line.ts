import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { errorCatalogue, HoldfastError } from '../domain/errors.ts'
import { durationForm, parseDuration } from '../domain/duration.ts'
import type { Holdfast } from './holdfast.ts'
import type { GlobalOptions } from './options.ts'
import { Console } from './output/console.ts'
import type { Outlet, Output } from './output/outlet.ts'
import { version } from './version.ts'

/** A verb's work; gives back the exit code. Loaded only when its verb is called. */
type Action<Options> = (
  options: Options & GlobalOptions,
  console: Console,
  operands: string[],
  holdfast: Holdfast,
) => Promise<number>

/** Does what a command line says, and gives back the exit code. Throws what goes wrong, `usage` for what is no command. */
export async function runCommandLine(argv: readonly string[], outlet: Outlet, holdfast: Holdfast): Promise<number> {
  let exitCode = 0
  try {
    await buildProgram((code) => (exitCode = code), outlet, holdfast).parseAsync(argv, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    // Help that was asked for, and help instead of an answer to nothing.
    if (error.exitCode === 0) return 0
    if (error.code === 'commander.help') return errorCatalogue.usage.exit
    throw new HoldfastError('usage', error.message.replace(/^error: /, '').replaceAll('\n', ' '), {
      hint: 'holdfast --help lists the verbs, holdfast VERB --help its options',
    })
  }
  return exitCode
}

export function buildProgram(ended: (exitCode: number) => void, outlet: Outlet, holdfast: Holdfast): Command {
  const act = <Options>(load: () => Promise<Action<Options>>) => actionOf(load, ended, outlet, holdfast)
  const program = new Command('holdfast')
  const { results, errors } = outlet
  const widthOf = ({ stream }: Output) => (stream.isTTY ? stream.columns : undefined) as number
  program
    .description('Backups that prove themselves: PostgreSQL to any second, files, logs and configs, under one policy.')
    .version(`holdfast ${version}`, '-V, --version')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => results.printText(text),
      writeErr: (text) => errors.printText(text),
      outputError: () => undefined,
      getOutHelpWidth: () => widthOf(results),
      getErrHelpWidth: () => widthOf(errors),
    })
    .showSuggestionAfterError(true)
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 failed, 2 usage, 3 partly done, 4 an objective is breached, 5 a drill failed, 10 no repository, 11 locked, 12 wrong key, 78 configuration, 130 interrupted.',
    )

  verb(program, 'init', 'write a configuration and secret templates for this machine')
    .option('--site <name>', 'name of this machine, such as pi-hosting')
    .option('--timezone <zone>', 'time zone, such as Australia/Perth')
    .option('--directory <path>', 'keep the repositories in a folder')
    .option('--bucket <name>', 'keep the repositories in an S3 bucket')
    .option('--region <region>', 'region of the bucket')
    .option('--endpoint <url>', 'S3-compatible service instead of AWS')
    .option('--ca-file <file>', 'PEM file of a private authority that signed the certificate of the endpoint')
    .option('--files <name=path...>', 'a component of files; a name given twice gets both paths', collect)
    .option('--postgres <name=path...>', 'a database component: data directory of a cluster', collect)
    .option('--postgres-container <name=container...>', 'a database component: a container that runs PostgreSQL', collect)
    .option('--discord', 'tell failures on Discord')
    .action(act(async () => (await import('./commands/init.ts')).init))

  const setup = program.command('setup').description('prepare engines, repositories and PostgreSQL for the first backup')
  verb(setup, 'plan', 'what would be changed, and why').action(act(async () => (await import('./commands/setup.ts')).setupPlan))
  verb(setup, 'apply', 'do exactly that').action(act(async () => (await import('./commands/setup.ts')).setupApply))

  verb(program, 'backup', 'back up all components, or those named')
    .argument('[component...]')
    .option('--dry-run', 'print the exact engine commands instead of running them')
    .option('--pin <reason>', 'keep the points of this run for ever')
    .option('--allow-empty', 'accept folders that held data before and are empty now')
    .option('--no-retention', 'remove nothing afterwards; otherwise once a day what the policy says')
    .addOption(waiting())
    .action(act(async () => (await import('./commands/backup.ts')).backup))

  const points = verb(program, 'points', 'restore points and recovery windows')
    .argument('[component...]')
    .option('--usage', 'ask for the sizes of the repositories too')
    .action(act(async () => (await import('./commands/points.ts')).points))
  // No component may have one of these two names.
  verb(points, 'pin', 'keep a point for ever')
    .argument('<component>')
    .argument('<point>', 'its id, or the beginning of it')
    .requiredOption('--reason <text>', "why, such as 'before upgrade to 16'")
    .addOption(waiting())
    .action(act(async () => (await import('./commands/pin.ts')).pinPoint))
  verb(points, 'unpin', 'keep a point no longer than its retention says')
    .argument('<component>')
    .argument('<point>', 'its id, or the beginning of it')
    .addOption(waiting())
    .action(act(async () => (await import('./commands/pin.ts')).unpinPoint))

  const browse = program.command('browse').description('look into the points of files, without restoring them')
  verb(browse, 'list', 'what a folder holds, in the newest point or another')
    .argument('<component>')
    .argument('[path]')
    .option('--at <time>', 'the newest point before a time')
    .option('--point <id>', 'a restore point, or the beginning of its id')
    .addOption(limitOption())
    .action(act(async () => (await import('./commands/browse.ts')).browseList))
  verb(browse, 'find', 'find a file or folder in all points, by its name or a pattern')
    .argument('<component>')
    .argument('<pattern>', "such as '*.conf' or 'worlds/*/level.dat'; quoted, so that the shell leaves it alone")
    .option('-i, --ignore-case', 'take capitals and small letters for the same')
    .addOption(limitOption())
    .action(act(async () => (await import('./commands/browse.ts')).browseFind))
  verb(browse, 'versions', 'all that a file has been, and the command that brings each version back')
    .argument('<component>')
    .argument('<path>')
    .action(act(async () => (await import('./commands/browse.ts')).browseVersions))
  verb(browse, 'diff', 'what changed from a point to another, or to the newest')
    .argument('<component>')
    .argument('<point>')
    .argument('[other-point]')
    .addOption(limitOption())
    .action(act(async () => (await import('./commands/browse.ts')).browseDiff))

  verb(program, 'restore', 'bring a component back; asks for everything when called without options')
    .argument('[component]')
    .option('--to <path>', 'folder to restore into, empty or absent; with --database, the file to dump into')
    .option('--at <time>', "a time, such as '2026-01-26 14:30:05', in the site's zone unless it says another")
    .option('--point <id>', 'a restore point, or the beginning of its id')
    .option('--name <name>', 'database: a restore point that pg_create_restore_point made')
    .option('--in-place', 'over the live data; asks for a typed confirmation')
    .option('--undo', 'database: put back what a restore in place that was killed had set aside')
    .option('--path <path...>', 'files: only these paths, as they were on the source', collect)
    .option('--match <pattern...>', "files: only what matches, such as 'worlds/*/packs' or '**/*.json'", collect)
    .option('--overwrite', 'files: over what the folder holds; asks for a typed confirmation')
    .option('--delete', 'files, with --in-place: delete what the snapshot lacks')
    .option('--temporary', 'database: start it privately, to look into, until Ctrl-C')
    .option('--detach', 'with --temporary: leave it running')
    .option('--stop [folder]', 'database: stop and remove a temporary cluster that was left running')
    .option('--database <name>', 'database: one database of the cluster, to a file or into the live server')
    .option('--table <table...>', 'with --database: only these tables, as schema.table', collect)
    .option('--into <name>', 'with --database: load it into this database of the live server, made when absent')
    .option('--replace', 'with --into: drop tables there that have the same names')
    .action(act(async () => (await import('./commands/restore.ts')).restoreCommand))

  verb(program, 'drill', 'test a restore: bring the newest point of each component back, look at it, and remove it again')
    .argument('[component...]')
    .addOption(waiting())
    .action(act(async () => (await import('./commands/drill.ts')).drillCommand))

  const retention = program.command('retention').description('which restore points stay, and removing the others')
  verb(retention, 'plan', 'what stays, what goes, and why')
    .argument('[component...]')
    .option('--until <date>', 'what would stand on a later day, such as 2029-01-01')
    .action(act(async () => (await import('./commands/retention.ts')).retentionPlan))
  verb(retention, 'apply', 'remove exactly what the plan says')
    .argument('[component...]')
    .option('--allow-large', 'also when more than a third of the points of a component would go')
    .option('--clock-is-right', 'also when the clock looks wrong; it is not asked about the same again')
    .action(act(async () => (await import('./commands/retention.ts')).retentionApply))

  const schedule = program.command('schedule').description('what this machine does by itself, as timers of systemd')
  verb(schedule, 'plan', 'which units would be changed, and when they fire next')
    .option('--cron', 'print lines of a crontab instead, for a machine without systemd')
    .action(act(async () => (await import('./commands/schedule.ts')).schedulePlan))
  verb(schedule, 'apply', 'do exactly that').action(act(async () => (await import('./commands/schedule.ts')).scheduleApply))
  verb(schedule, 'remove', 'take all of its units away again').action(
    act(async () => (await import('./commands/schedule.ts')).scheduleRemove),
  )
  verb(program, 'alert', 'tell how a unit of systemd ended; called by systemd itself')
    .argument('<unit>', 'such as holdfast-pi-hosting-backup.service')
    .action(act(async () => (await import('./commands/alert.ts')).alert))

  verb(program, 'recover', 'make a bare machine the one that was lost, out of storage and passphrase')
    .option('--site <name>', 'name of the site that was lost')
    .option('--directory <path>', 'the folder that holds the backups, such as a mounted disk')
    .option('--bucket <name>', 'the S3 bucket that holds them')
    .option('--region <region>', 'region of the bucket')
    .option('--endpoint <url>', 'S3-compatible service instead of AWS')
    .option('--ca-file <file>', 'PEM file of a private authority that signed the certificate of the endpoint')
    .option('--prefix <folder>', 'folder of all sites in the bucket')
    .option('--at <time>', "as of a time, such as '2026-01-26 14:30:05', instead of the newest")
    .option('--step <name...>', 'only these steps, also when they were done before', collect)
    .option('--overwrite <component...>', 'write the files of these components over what lies in their place', collect)
    .option('--take-over', 'this is the live machine now: archive, back up, start the timers, and refuse the machine before')
    .action(act(async () => (await import('./commands/recover.ts')).recover))

  verb(program, 'status', 'how everything is, at once, from the journal and the last watch; ends with 4 unless all is well')
    .argument('[component...]')
    .option('--prometheus <file>', 'write the same as metrics, for the textfile collector of node_exporter')
    .action(act(async () => (await import('./commands/status.ts')).statusCommand))

  verb(program, 'watch', 'look once at archiving, ages, disks, locks and the clock, and tell what changed; for a timer').action(
    act(async () => (await import('./commands/watch.ts')).watchCommand),
  )

  const notify = program.command('notify').description('tell people of this site')
  verb(notify, 'test', 'one message to every channel, and whether it arrived').action(
    act(async () => (await import('./commands/notify.ts')).notifyTest),
  )
  verb(notify, 'heartbeat', 'send what shows that all is well, and what has never been shown').action(
    act(async () => (await import('./commands/notify.ts')).notifyHeartbeat),
  )
  verb(notify, 'summary', 'send what the last day brought').action(
    act(async () => (await import('./commands/notify.ts')).notifySummary),
  )

  verb(program, 'runbook', 'write RESTORE.md: how to restore this site, with Holdfast and without')
    .option('--output <file>', 'another file than RESTORE.md in this folder; - prints it')
    .action(act(async () => (await import('./commands/runbook.ts')).runbook))

  const config = program.command('config').description('look at the configuration')
  verb(config, 'check', 'check it, and the secrets').action(act(async () => (await import('./commands/config.ts')).configCheck))
  verb(config, 'show', 'what it means: every default filled in').action(
    act(async () => (await import('./commands/config.ts')).configShow),
  )
  verb(config, 'schema', 'JSON Schema for editors').action(act(async () => (await import('./commands/config.ts')).configSchema))

  verb(program, 'demo', 'everything above on a throw-away site')
    .option('--s3', 'on a real S3 server started on this machine, over TLS')
    .option('--keep', 'leave everything where it is, to look around')
    .action(act(async () => (await import('./commands/demo.ts')).demo))
  return program
}

function verb(parent: Command, name: string, description: string): Command {
  return parent
    .command(name)
    .description(description)
    .option('--config <file>', 'configuration (default: $HOLDFAST_CONFIG or /etc/holdfast/holdfast.yaml)')
    .option('--json', 'one JSON document on standard output')
    .option('--quiet', 'print nothing but failures')
    .option('--yes', 'answer every question with yes')
    .exitOverride()
}

function actionOf<Options>(
  load: () => Promise<Action<Options>>,
  ended: (exitCode: number) => void,
  outlet: Outlet,
  holdfast: Holdfast,
): (...parameters: unknown[]) => Promise<void> {
  return async (...parameters) => {
    const command = parameters.at(-1) as Command
    const action = await load()
    const options: Options & GlobalOptions = command.optsWithGlobals()
    ended(await action(options, new Console(outlet, options), command.args, holdfast))
  }
}

const waiting = (): Option => new Option('--wait <duration>', 'wait so long for another run to end').argParser(readDuration)

function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value]
}

const limitOption = (): Option =>
  new Option('--limit <count>', 'show at most so many').argParser((text) => {
    if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
    throw new InvalidArgumentError('expected a whole number from 1 on')
  })

function readDuration(text: string): number {
  const value = parseDuration(text)
  if (value === undefined) throw new InvalidArgumentError(`expected ${durationForm}`)
  return value
}
