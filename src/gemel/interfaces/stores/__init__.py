"""Where does what happened outlive the process?"""
