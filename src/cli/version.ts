declare const HOLDFAST_VERSION: string
declare const HOLDFAST_BUILD: string

/** Put in by the bundler out of package.json; unbundled code, in tests, has none. */
export const version: string = typeof HOLDFAST_VERSION === 'string' ? HOLDFAST_VERSION : '0.0.0-source'

/** Which code this is, put in by the bundler: other than the version, it changes with every change of the source. */
export const build: string = typeof HOLDFAST_BUILD === 'string' ? HOLDFAST_BUILD : version
