import * as z from 'zod/mini'
import { notesOf } from '../../src/contract/fields.ts'

/** Values as they are written that together hold every field that a schema knows, and of a union each of its shapes. */
export function samplesOf(schema: z.core.$ZodType): unknown[] {
  if (notesOf(schema).isInstant) return ['2026-01-26T03:00:00.000Z']
  if (schema instanceof z.ZodMiniOptional || schema instanceof z.ZodMiniExactOptional) return samplesOf(schema.def.innerType)
  if (schema instanceof z.ZodMiniUnion) return schema.def.options.flatMap(samplesOf)
  if (schema instanceof z.ZodMiniArray) return [samplesOf(schema.def.element)]
  if (schema instanceof z.ZodMiniRecord) return samplesOf(schema.def.valueType).map((sample) => ({ website: sample }))
  if (schema instanceof z.ZodMiniObject) {
    const fields = Object.entries(schema.def.shape).map(([key, field]) => [key, samplesOf(field)] as const)
    const count = Math.max(1, ...fields.map(([, samples]) => samples.length))
    return Array.from({ length: count }, (_, index) =>
      Object.fromEntries(fields.map(([key, samples]) => [key, samples[index % samples.length]])),
    )
  }
  if (schema instanceof z.ZodMiniLiteral) return [schema.def.values[0]]
  if (schema instanceof z.ZodMiniEnum) return [Object.values(schema.def.entries)[0]]
  if (schema instanceof z.ZodMiniBoolean) return [true]
  if (schema instanceof z.ZodMiniNumber) return [1]
  return [schema instanceof z.ZodMiniCustom ? 'locked' : 'words']
}

/** A value with every object in it changed once, each time in another copy. */
export function* changedOnce(value: unknown, change: (fields: object) => object[]): Generator {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) yield* change(value)
  for (const [key, inner] of Object.entries(value)) {
    for (const changed of changedOnce(inner, change)) {
      yield Array.isArray(value) ? value.with(Number(key), changed) : { ...value, [key]: changed }
    }
  }
}
