import { HoldfastError } from '../domain/errors.ts'

/** A version as numbers, most significant first, so that versions compare: [0, 14, 0]. */
export type Version = readonly number[]

export const versionText = (version: Version): string => version.join('.')

/** Finds the version in what a program says of itself, such as `restic 0.14.0 compiled with go1.19.8`. */
export function parseVersion(text: string): Version | undefined {
  const match = /\b(\d+(?:\.\d+)+)/.exec(text)
  return match?.[1]?.split('.').map(Number)
}

export function atLeast(version: Version, minimum: Version): boolean {
  for (const [index, needed] of minimum.entries()) {
    const has = version[index] ?? 0
    if (has !== needed) return has > needed
  }
  return true
}

export function engineMissing(engine: string): HoldfastError {
  return new HoldfastError('engine-missing', `${engine} is not installed`, {
    hint: `apt-get install ${engine}, or holdfast setup apply`,
  })
}

export function engineTooOld(engine: string, version: Version, minimum: Version): HoldfastError {
  return new HoldfastError(
    'engine-too-old',
    `${engine} ${versionText(version)} is too old; ${versionText(minimum)} or later is needed`,
    {
      hint: `Debian 12 and later ship a good one: apt-get install ${engine}; or name another program under engines: in holdfast.yaml`,
    },
  )
}
