/** An amount of money, exact to a millionth of its unit. */
export interface Money {
  /** Three letters, such as AUD. */
  readonly currency: string
  readonly amount: number
}

/** What something costs, or why that can't be told. Nothing to pay is an amount of 0. */
export type Price = Money | { readonly unknown: string }

/** `AUD 0.46`; what is less than a cent, and more than nothing, is said to be that. */
export function formatMoney({ currency, amount }: Money): string {
  return amount > 0 && amount < 0.01 ? `less than ${currency} 0.01` : `${currency} ${amount.toFixed(2)}`
}
