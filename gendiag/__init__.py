"""Find out what ``keras.Model.fit`` really does with your data generator."""

__version__ = "0.1.0"
