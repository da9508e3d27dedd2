"""The pages that `pullback watch` serves: Live, with its engine, and Compare."""
