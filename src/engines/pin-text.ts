/**
 * The reason of a pin as an engine keeps it: readable with the bare engine, and on one line. restic takes a comma for the
 * end of a tag and drops spaces around it, pgBackRest loses control characters; these are written as in an address: `%2C`.
 */
export function pinText(reason: string): string {
  return reason.replaceAll(/\p{Cs}/gu, '\uFFFD').replaceAll(/[%,\p{Cc}\p{Zl}\p{Zp}]|^\s+|\s+$/gu, encodeURIComponent)
}

/** The reason out of its text. A person may have written one by hand, which is taken as it is. */
export function readPin(text: string): string {
  if (text === '') return 'no reason given'
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
