"""Entry of the cockpit: served as an ASGI app, and run as a script for every viewer.

Start with ``streamlit run streamlit_app.py``. The server answers before all is loaded that a page needs.
"""

if __name__ == "__main__":
    from dashboard.entry import main

    main()
else:
    import streamlit as st

    from dashboard import server

    server.check_start()
    server.warm_up()
    app = st.App(
        __file__, routes=server.routes(), middleware=server.middleware(), on_script_error=server.on_script_error
    )
