/** Those of the values that are there: for optional members, which `undefined` may not stand in. */
export const defined = <Values extends object>(values: Values): Defined<Values> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<Values>

export type Defined<Values> = { [Name in keyof Values]?: Exclude<Values[Name], undefined> }
