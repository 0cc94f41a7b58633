import type { PrintedDocument } from '../../contract/documents.ts'
import { withInstantsWritten } from '../../contract/instants.ts'

/** One JSON document, with its schema version in front. */
export function jsonDocument(content: PrintedDocument): string {
  return JSON.stringify({ schemaVersion: 1, ...content }, withInstantsWritten, 2)
}
