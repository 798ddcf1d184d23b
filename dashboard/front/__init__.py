"""What a browser gets before the cockpit is loaded: page shells, styles, program files, a still. Knows neither Streamlit nor pandas.

These take a second to load; :mod:`dashboard.front.waiting` answers meanwhile.
"""
