"""A vendor's row becomes our row; repeats are dropped. Knows neither Singer nor any vendor."""
