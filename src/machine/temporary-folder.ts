import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Makes a folder that only we can look into. Whoever asks for it removes it. */
export const makeTemporaryFolder = (prefix: string, parent: string = tmpdir()): string => mkdtempSync(join(parent, prefix))
