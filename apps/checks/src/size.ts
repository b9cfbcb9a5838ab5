/** Prints what the packages add to a user's bundle, with the budgets that the tests enforce, and the goals (D5). */
import { budgets, measure } from "./bundled-size.js";

for (const budget of budgets) {
  const { all, usual } = await measure(budget);
  const [name, most] = budget.usual;
  console.log(
    `${budget.packages.join(" + ")}: ${all} bytes of ${budget.all}, the goal is ${budget.goal}; ${name} alone: ${usual} of ${most}`,
  );
}
