import { statSync } from 'node:fs'
import { join } from 'node:path'
import { createFileFor } from './private-server.ts'

/**
 * Debian keeps a cluster's configuration in /etc, so its backup has none; without these files the copy could not be started
 * by hand. What is there already stays as it is.
 */
export function completeConfiguration(dataDirectory: string): void {
  const owner = statSync(dataDirectory)
  const files: Record<string, string> = {
    'postgresql.conf': [
      '# Written by holdfast restore: the backup held no postgresql.conf (Debian keeps it in /etc/postgresql).',
      "listen_addresses = ''",
      'max_prepared_transactions = 64',
      '',
    ].join('\n'),
    'pg_hba.conf': '# Written by holdfast restore.\nlocal all all peer\n',
    'pg_ident.conf': '',
  }
  for (const [name, text] of Object.entries(files)) {
    createFileFor(owner, join(dataDirectory, name), text)
  }
}
