import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadSite } from '../../src/config/load.ts'
import { failureOf } from './failure.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { thisMachine } from './this-machine.ts'

/** As short as a configuration can be. */
export const smallest = `site: pi-hosting
storage: { directory: /mnt/backup }
components:
  foundry: { files: { paths: [/srv/foundry] } }
`

/** A holdfast.yaml in a folder of its own. */
export function writeConfiguration(content: string | Buffer): string {
  const file = join(temporaryFolder(), 'holdfast.yaml')
  writeFileSync(file, content)
  return file
}

/** What a person is shown of all that is wrong in a configuration. */
export async function problemsOf(content: string): Promise<string> {
  const { detail } = await failureOf(() => loadSite(writeConfiguration(content), thisMachine))
  if (detail === undefined) throw new Error('the configuration was refused without a word on its text')
  return detail
}
