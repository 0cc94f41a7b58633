declare const HOLDFAST_VERSION: string

/** Put in by the bundler out of package.json; unbundled code, in tests, has none. */
export const version: string = typeof HOLDFAST_VERSION === 'string' ? HOLDFAST_VERSION : '0.0.0-source'
