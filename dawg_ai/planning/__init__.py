"""Plan the training of plugins over free and rented machines: prices, quotas, schedule, ledger.

platforms/      one TOML file for each platform: its prices with date and source, quotas, limits, terms
scenarios/      questions with their own works, such as the original comparison
devices.toml    data sheets of GPUs
work            what is to be trained, from the plugins and their measured speed
problem         works x offers as numbers: effective rates, costs, quotas
optimise        the mixed-integer programme
schedule        its hours as sessions with a date
check           recomputes all constraints of a schedule, independently
"""
