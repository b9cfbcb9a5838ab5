import { ValueError } from "./value-error.js";

/*
 * Three readers of one order. Two of them fail at the same moment.
 */

/** The received order, for instance from `request.json()`. */
const order = Promise.resolve<Record<string, unknown>>({ customer: "Ada", amount: "ten", currency: 36 });

export async function readCustomer(): Promise<string> {
  const { customer } = await order;
  return String(customer);
}

export async function readAmount(): Promise<number> {
  const { amount } = await order;
  if (Number.isNaN(Number(amount))) throw new ValueError(`"${String(amount)}" is not an amount`);
  return Number(amount);
}

export async function readCurrency(): Promise<string> {
  const { currency } = await order;
  if (typeof currency !== "string") throw new TypeError(`a currency is a text, got ${String(currency)}`);
  return currency;
}
