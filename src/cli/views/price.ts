import { formatMoney, type Price } from '../../domain/money.ts'

/** What something costs, in words that go behind its size: `, about USD 0.46 a month`; empty where there is nothing to pay. */
export function monthlyText(price: Price | undefined): string {
  if (price === undefined) return ''
  if ('unknown' in price) return `, price unknown: ${price.unknown}`
  if (price.amount === 0) return ''
  const text = formatMoney(price)
  return `, ${text.startsWith('less') ? '' : 'about '}${text} a month`
}
