"""What each page shows, prepared: frames, cards and sentences, so that pages only draw."""
