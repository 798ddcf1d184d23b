"""Entry of the cockpit: served as an ASGI app, and run as a script for every viewer.

Start with ``make run``, which answers the browser while this loads (``dashboard.front``), or ``streamlit run streamlit_app.py``.
"""

if __name__ == "__main__":
    from dashboard.entry import main

    main()
else:
    import gc

    gc.disable()  # what a start loads stays: looking for rubbish in it took a fifth of the time; warm_up ends it
    import streamlit as st

    from dashboard import server

    server.check_start()
    server.set_pace()
    server.warm_up()
    app = st.App(
        __file__, routes=server.routes(), middleware=server.middleware(), on_script_error=server.on_script_error
    )
