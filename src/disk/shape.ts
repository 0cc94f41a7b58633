/**
 * What a value out of a file must look like, checked at a start that cannot afford a schema library. `object` wants a line for each member
 * of its type, so a member that is added later cannot be forgotten here.
 */
export type Shape<Value> = (value: unknown) => value is Value

export const text: Shape<string> = (value) => typeof value === 'string'
export const flag: Shape<boolean> = (value) => typeof value === 'boolean'

/** Numbers with a unit, such as an Instant, are numbers in a file. */
export const number = <Value extends number = number>(): Shape<Value> => Number.isFinite as (value: unknown) => value is Value

export const oneOf =
  <const Value extends string | number>(...values: readonly Value[]): Shape<Value> =>
  (value): value is Value =>
    (values as readonly unknown[]).includes(value)

/** Of a union, whose every member has to be a key: one that is added later cannot be forgotten. */
export const keyOf =
  <Name extends string>(members: Readonly<Record<Name, unknown>>): Shape<Name> =>
  (value): value is Name =>
    typeof value === 'string' && Object.hasOwn(members, value)

export const optional =
  <Value>(shape: Shape<Value>): Shape<Value | undefined> =>
  (value): value is Value | undefined =>
    value === undefined || shape(value)

export const either =
  <One, Other>(one: Shape<One>, other: Shape<Other>): Shape<One | Other> =>
  (value): value is One | Other =>
    one(value) || other(value)

export const listOf =
  <Item>(item: Shape<Item>): Shape<readonly Item[]> =>
  (value): value is readonly Item[] =>
    Array.isArray(value) && value.every(item)

export const object =
  <Value extends object>(members: { readonly [Name in keyof Value]-?: Shape<Value[Name]> }): Shape<Value> =>
  (value): value is Value =>
    isObject(value) && Object.entries<Shape<unknown>>(members).every(([name, shape]) => shape(value[name]))

/** An object that is looked up by names of somebody's choice. */
export const byName =
  <Item>(item: Shape<Item>): Shape<Readonly<Record<string, Item>>> =>
  (value): value is Readonly<Record<string, Item>> =>
    isObject(value) && Object.values(value).every(item)

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
