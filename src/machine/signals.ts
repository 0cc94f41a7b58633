import { constants } from 'node:os'

export const signalNumber = (name: NodeJS.Signals): number => constants.signals[name]

export const signalName = (number: number): string =>
  Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? `signal ${number}`
