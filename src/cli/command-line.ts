import { Command, CommanderError, Option } from 'commander'
import { HoldfastError } from '../domain/errors.ts'
import { exitCodes } from '../domain/exit-codes.ts'
import type { Holdfast } from './holdfast.ts'
import type { GlobalOptions } from './options.ts'
import { Console } from './output/console.ts'
import type { Outlet, Output } from './output/outlet.ts'
import { allVerbs } from './verbs/all-verbs.ts'
import type { OptionWords, Verb } from './verbs/verb.ts'
import { version } from './version.ts'

/** Does what a command line says, and gives back the exit code. Throws what goes wrong, `usage` for what is no command. */
export async function runCommandLine(argv: readonly string[], outlet: Outlet, holdfast: Holdfast): Promise<number> {
  let exitCode: number = exitCodes.done
  try {
    await buildProgram((code) => (exitCode = code), outlet, holdfast).parseAsync(argv, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    // Help that was asked for, and help instead of an answer to nothing.
    if (error.exitCode === 0) return exitCodes.done
    if (error.code === 'commander.help') return exitCodes.usage
    throw new HoldfastError('usage', error.message.replace(/^error: /, '').replaceAll('\n', ' '), {
      hint: 'holdfast --help lists the verbs, holdfast VERB --help its options',
    })
  }
  return exitCode
}

export function buildProgram(ended: (exitCode: number) => void, outlet: Outlet, holdfast: Holdfast): Command {
  const { results, errors } = outlet
  const widthOf = ({ stream }: Output) => (stream.isTTY ? stream.columns : undefined) as number
  const program = new Command('holdfast')
    .description('Backups that prove themselves: PostgreSQL to any second, files, logs and configs, under one policy.')
    .version(`holdfast ${version}`, '-V, --version')
    .exitOverride()
    // Verbs inherit it.
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
  for (const verb of allVerbs) addVerb(program, verb, { ended, outlet, holdfast })
  return program
}

interface Call {
  readonly ended: (exitCode: number) => void
  readonly outlet: Outlet
  readonly holdfast: Holdfast
}

function addVerb(parent: Command, verb: Verb, call: Call): void {
  const command = parent.command(verb.name, { hidden: verb.isHidden }).description(verb.description)
  const { load } = verb
  if (load !== undefined) {
    for (const [operand, description] of Object.entries(verb.operands)) command.argument(operand, description)
    for (const [flags, words] of Object.entries({ ...everywhere, ...verb.options })) command.addOption(optionOf(flags, words))
    command.action(async () => {
      const action = await load()
      const options: GlobalOptions = command.optsWithGlobals()
      call.ended(await action(options, new Console(call.outlet, options), command.args, call.holdfast))
    })
  }
  for (const inner of verb.verbs) addVerb(command, inner, call)
}

const everywhere = {
  '--config <file>': 'configuration (default: $HOLDFAST_CONFIG or /etc/holdfast/holdfast.yaml)',
  '--json': 'one JSON document on standard output',
  '--quiet': 'print nothing but failures',
  '--yes': 'answer every question with yes',
}

function optionOf(flags: string, words: string | OptionWords): Option {
  const { description, parse, required = false } = typeof words === 'string' ? { description: words } : words
  const option = new Option(flags, description)
  if (parse !== undefined) option.argParser(parse)
  return option.makeOptionMandatory(required)
}
