import { cheapenKey } from './restic-repository.ts'

/** A program: `node cheap-key.mjs REPOSITORY`, with the passphrase in RESTIC_PASSWORD. */
cheapenKey(process.argv[2] ?? '', process.env['RESTIC_PASSWORD'] ?? '')
