import type { Holdfast } from '../holdfast.ts'
import type { GlobalOptions } from '../options.ts'
import type { Console } from '../output/console.ts'

/** A verb's work; gives back the exit code. Loaded only when its verb is called. */
export type Action<Options> = (options: Options, console: Console, operands: string[], holdfast: Holdfast) => Promise<number>

/** What an option says to people, and how its value is read; throws `InvalidArgumentError` of commander for what it can't be. */
export interface OptionWords<Value = unknown> {
  readonly description: string
  readonly parse?: (text: string) => Value
  readonly required?: boolean
}

/** Options by their flags, as commander writes them: `--site <name>`, `--files <name=path...>`, `-i, --ignore-case`. */
export type OptionTable = Readonly<Record<string, string | OptionWords>>

/** An argument, as commander writes it (`<component>`, `[component...]`), and what it is, where that needs a word. */
export type OperandTable = Readonly<Record<string, string>>

export interface Verb {
  readonly name: string
  readonly description: string
  readonly operands: OperandTable
  readonly options: OptionTable
  /** Undefined for one that only holds others. */
  readonly load: (() => Promise<Action<GlobalOptions>>) | undefined
  readonly verbs: readonly Verb[]
  /** Not in the list of verbs: no person calls it. */
  readonly isHidden: boolean
}

type LongName<Flags> = Flags extends `${string}--${infer Rest}` ? (Rest extends `${infer Name} ${string}` ? Name : Rest) : never
type CamelCase<Text> = Text extends `${infer Head}-${infer Rest}` ? `${Head}${Capitalize<CamelCase<Rest>>}` : Text
type Key<Flags> =
  LongName<Flags> extends infer Name extends string ? CamelCase<Name extends `no-${infer Other}` ? Other : Name> : never
type TextOf<Flags> = Flags extends `${string}...>`
  ? string[]
  : Flags extends `${string}<${string}`
    ? string
    : Flags extends `${string}[${string}`
      ? string | true
      : boolean
type ValueOf<Flags, Words> = Words extends { parse: (text: string) => infer Value } ? Value : TextOf<Flags>

/** What commander makes of the options of a table. */
export type OptionsOf<Table> = {
  readonly [Flags in keyof Table as Table[Flags] extends { required: true } ? never : Key<Flags>]?: ValueOf<Flags, Table[Flags]>
} & {
  readonly [Flags in keyof Table as Table[Flags] extends { required: true } ? Key<Flags> : never]: ValueOf<Flags, Table[Flags]>
}

/** Nothing where a command reads what its table gives it; else a property that says what doesn't fit. */
type Fits<Table, Options> =
  Exclude<keyof Options, Key<keyof Table> | keyof GlobalOptions> extends never
    ? OptionsOf<Table> & GlobalOptions extends Options
      ? unknown
      : { readonly options: 'an option has another type in the command' }
    : { readonly options: ['not in the table', Exclude<keyof Options, Key<keyof Table> | keyof GlobalOptions>] }

interface VerbSpec<Table extends OptionTable, Options extends GlobalOptions> {
  readonly name: string
  readonly description: string
  readonly operands?: OperandTable
  readonly options?: Table
  readonly load: () => Promise<Action<Options>>
  readonly verbs?: readonly Verb[]
  readonly isHidden?: boolean
}

/** A verb. The options of its command are held to those of the table, by name and by type. */
export function verb<const Table extends OptionTable, Options extends GlobalOptions>(
  spec: VerbSpec<Table, Options> & Fits<Table, Options>,
): Verb {
  const { name, description, operands = {}, options = {}, load, verbs = [], isHidden = false } = spec as VerbSpec<Table, Options>
  // Which options its command takes is its own affair: commander makes them by the very table that they were held to.
  return { name, description, operands, options, load: load as unknown as Verb['load'], verbs, isHidden }
}

/** A word that only holds verbs, such as `setup` of `setup plan`. */
export const group = (name: string, description: string, verbs: readonly Verb[]): Verb => ({
  ...{ name, description, verbs },
  ...{ operands: {}, options: {}, load: undefined, isHidden: false },
})
