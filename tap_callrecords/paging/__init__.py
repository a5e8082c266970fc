"""How the next page is named. Knows neither Singer nor any vendor."""
