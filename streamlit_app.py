"""Entry of the cockpit: served as an ASGI app, and run as a script for every viewer.

Start with ``make run``, which answers the browser while this loads (``dashboard.front``), or ``streamlit run streamlit_app.py``.
"""

if __name__ == "__main__":
    from dashboard.entry import main

    main()
else:
    from dashboard.front.pace import set_pace

    set_pace()  # before all that is loaded
    import streamlit as st

    from dashboard import server

    server.check_start()
    server.warm_up()
    app = st.App(
        __file__,
        routes=server.routes(),
        middleware=server.middleware(),
        lifespan=server.keeping_stills,
        on_script_error=server.on_script_error,
    )
