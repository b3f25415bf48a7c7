"""What templates say of emotions and numbers."""
