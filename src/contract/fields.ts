import * as z from 'zod/mini'
import { isoInstant, parseInstant, type Instant } from '../domain/clock.ts'
import type { Bytes } from '../domain/size.ts'

/**
 * What the fields of a document can be. A schema reads what is written (times are text) and gives what the program works with
 * (times are instants). Each takes the meaning of its field, which is what docs/json-output.md says of it.
 *
 * Only tests and the generator of that page load these files: the program takes types from here, and the keys of instants.
 */

/** What is said about a field beside its type. */
interface Notes {
  readonly meaning?: string
  /** What an integer counts. */
  readonly unit?: 'bytes' | 'milliseconds'
  readonly isInstant?: true
  /** A shape with a section of its own, which several documents share. */
  readonly section?: string
  /** How several of the shape are called. */
  readonly plural?: string
}

const registry = z.registry<Notes>()

export const notesOf = (schema: z.core.$ZodType): Notes => registry.get(schema) ?? {}

export function noted<Schema extends z.ZodMiniType>(schema: Schema, notes: Notes): Schema {
  registry.add(schema, notes)
  return schema
}

export const text = (meaning: string) => noted(z.string(), { meaning })

export const texts = (meaning: string) => noted(z.array(z.string()), { meaning })

/** One of a few words. Those that the meaning doesn't name are listed behind it. */
export const choice = <const Word extends string>(words: readonly Word[], meaning = '') => noted(z.enum(words), { meaning })

export const choices = <const Word extends string>(words: readonly Word[], meaning: string) =>
  noted(z.array(z.enum(words)), { meaning })

export const always = <const Value extends string | number | boolean>(value: Value, meaning = '') =>
  noted(z.literal(value), { meaning })

export const flag = (meaning: string) => noted(z.boolean(), { meaning })

export const number = (meaning: string) => noted(z.number(), { meaning })

export const integer = (meaning: string) => noted(z.int(), { meaning })

export const bytes = (meaning: string) => noted(z.int(), { meaning, unit: 'bytes' })

/** The same where the program tells bytes from other numbers. */
export const size = (meaning: string) => bytes(meaning) as unknown as z.ZodMiniType<Bytes, number>

export const milliseconds = (meaning: string) => noted(z.int(), { meaning, unit: 'milliseconds' })

/** Milliseconds since 1970 inside, ISO 8601 in UTC with milliseconds outside. */
export const instant = (meaning: string) =>
  noted(
    z.codec(
      z.iso.datetime({ precision: 3 }),
      z.custom<Instant>((value) => typeof value === 'number'),
      { decode: (written) => parseInstant(written), encode: (at) => isoInstant(at) },
    ),
    { meaning, isInstant: true },
  )

/** Fields by their names; any other name is refused. */
export const object = <const Fields extends z.core.$ZodLooseShape>(fields: Fields, meaning = '') =>
  noted(z.strictObject(fields), { meaning })

export const list = <Item extends z.ZodMiniType>(item: Item, meaning: string) => noted(z.array(item), { meaning })

/** Things under names that a person chose. */
export const byName = <Item extends z.ZodMiniType>(item: Item, meaning: string) => noted(z.record(z.string(), item), { meaning })

export const oneOf = <const Options extends readonly z.core.SomeType[]>(options: Options, meaning = '') =>
  noted(z.union(options), { meaning })

/** A field that may be left out. */
export const optional = <Schema extends z.ZodMiniType>(schema: Schema) => z.exactOptional(schema)

/** The same where the program writes down that it does not know; JSON leaves it out. */
export const unlessUnknown = <Schema extends z.ZodMiniType>(schema: Schema) => z.optional(schema)

/** A shape with a section of its own on the page. */
export const shape = <Schema extends z.ZodMiniType>(
  section: string,
  schema: Schema,
  plural = `${section.toLowerCase()}s`,
): Schema => noted(schema, { section, plural })

/** A field that has such a shape. */
export const of = <Schema extends z.ZodMiniType>(schema: Schema, meaning: string): Schema =>
  noted(z.clone(schema), { ...notesOf(schema), meaning })

/** What a schema describes, as the program has it. */
export type Described<Schema> = AsInTheProgram<z.output<Schema>>

/** The same as it is written: times are text. */
export type Written<Schema> = z.input<Schema>

/** Nothing can be changed, and what is not known is there as `undefined`, so that nobody forgets to say that it isn't known. */
type AsInTheProgram<Type> = Type extends string | number | boolean | undefined
  ? Type
  : Type extends readonly (infer Item)[]
    ? readonly AsInTheProgram<Item>[]
    : Flat<
        { readonly [Key in keyof Type as undefined extends Required<Type>[Key] ? never : Key]: AsInTheProgram<Type[Key]> } & {
          readonly [Key in keyof Type as undefined extends Required<Type>[Key] ? Key : never]-?:
            | AsInTheProgram<Type[Key]>
            | undefined
        }
      >

/** What the program may hand over to be written: what it leaves out and what is `undefined` are the same in JSON. */
export type Printable<Schema> = AsPrinted<z.output<Schema>>

type AsPrinted<Type> = Type extends string | number | boolean | undefined
  ? Type
  : Type extends readonly (infer Item)[]
    ? readonly AsPrinted<Item>[]
    : { readonly [Key in keyof Type]: AsPrinted<Type[Key]> | (Type extends Required<Pick<Type, Key>> ? never : undefined) }

type Flat<Type> = { [Key in keyof Type]: Type[Key] }
