"""The review page: `reelscore review RESULTS` serves last night's films to a browser, offline."""
