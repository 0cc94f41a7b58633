import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The path of such a folder before it is made, for a plan that names it. */
export const temporaryPath = (name: string): string => join(tmpdir(), name)

/** Makes a folder that only we can look into. Whoever asks for it removes it. */
export const makeTemporaryFolder = (prefix: string, parent: string = tmpdir()): string => mkdtempSync(join(parent, prefix))
