"""What there is in the library."""

from kerasparts.listing.catalog import Catalog as Catalog
from kerasparts.listing.catalog import Entry as Entry
from kerasparts.listing.catalog import catalog as catalog

__all__ = ["Catalog", "Entry", "catalog"]
