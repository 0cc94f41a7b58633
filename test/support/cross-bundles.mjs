// Preloaded into the built program by test/integration/bundles.test.ts. `holdfast watch` loads all bundles, so its seams are
// where an error that the code of one bundle throws is handed to the code of another.
import { mkdirSync, readdirSync } from 'node:fs'
import Module, { createRequire } from 'node:module'
import { join } from 'node:path'

const { THROWN_BY, CAUGHT_BY, DIST, SECRETS, NOWHERE } = process.env
const bundleOf = createRequire(join(DIST, 'holdfast.js'))
const chunk = (name) => bundleOf(`./chunks/${readdirSync(join(DIST, 'chunks')).find((file) => file.startsWith(`${name}-`))}`)
let error

/** What the newest signal was aborted with. */
let reason
globalThis.AbortController = class extends AbortController {
  abort(given) {
    reason = given
    super.abort(given)
  }
}

const throwing = {
  /** The journal is opened by holdfast.js, and one of its months is a folder. */
  holdfast: ({ view }) => {
    mkdirSync(join(view.stateDirectory, 'journal/2026-01.jsonl'), { recursive: true })
    return [...view.journal.newestFirst()]
  },
  /** What stops a watch is thrown by watch.js. */
  watch: async ({ view, printer, showWatch }) => {
    await showWatch(view, printer, () => Promise.reject(new Error('no notifier'))).catch(() => undefined)
    process.emit('SIGTERM')
    throw reason
  },
  /** A configuration is read by program.js and its chunks. */
  program: () => chunk('config').configCheck({ config: NOWHERE }, undefined),
}

const rethrow = () => {
  throw error
}

const catching = {
  holdfast: rethrow,
  watch: ({ view, printer, showWatch }) =>
    showWatch({ ...view, journal: { newestFirst: rethrow } }, printer, async () => ({
      loadNotifier: async () => ({ report: async () => [] }),
    })),
  program: async ({ loadProgram }) => (await loadProgram()).run(['retention', 'plan', '--json']),
}

const seams = {
  './program.js': (program) => ({
    ...program,
    holdfastOn: (outlet) => {
      // As src/cli/output/hidden-secrets.ts does, once a configuration's secrets are known.
      outlet.redact = (text) => JSON.parse(SECRETS).reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text)
      return program.holdfastOn(outlet)
    },
  }),
  './watch.js': ({ showWatch }) => ({
    showWatch: async (view, printer, loadProgram) => {
      const bundles = { view, printer, loadProgram, showWatch }
      await loadProgram()
      try {
        await throwing[THROWN_BY](bundles)
      } catch (thrown) {
        error = thrown
      }
      return catching[CAUGHT_BY](bundles)
    },
  }),
}

const load = '_load'
const loadBundle = Module[load]
Module[load] = function (request, ...rest) {
  const bundle = loadBundle.call(this, request, ...rest)
  if (/\/command-line-/.test(request) && error !== undefined) return { runCommandLine: rethrow }
  return seams[request]?.(bundle) ?? bundle
}
