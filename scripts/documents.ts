import { exitCodesPage } from '../src/cli/exit-codes.ts'
import { settingsJsonSchema } from '../src/config/explain.ts'
import { referencePage } from '../src/config/reference.ts'
import { sampleText } from '../src/config/sample.ts'
import { errorCatalogue } from '../src/domain/errors.ts'
import { instantKeysModule } from './json-output/instant-keys.ts'
import { jsonOutputPage } from './json-output/page.ts'

/** The documents that are made from the code, by their path in this repository. */
export function generatedDocuments(): Readonly<Record<string, string>> {
  const schema = settingsJsonSchema()
  return {
    'docs/configuration.md': referencePage(schema),
    'docs/holdfast.sample.yaml': sampleText(schema),
    'docs/exit-codes.md': exitCodesPage(errorCatalogue),
    'docs/json-output.md': jsonOutputPage(),
    'src/contract/instant-keys.ts': instantKeysModule(),
  }
}
