"""What a browser gets before any data: page shells, styles and program files. Knows neither Streamlit nor pandas.

These take a second to load; :mod:`dashboard.front.waiting` answers meanwhile.
"""
