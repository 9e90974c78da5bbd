def read(source):
    return None
