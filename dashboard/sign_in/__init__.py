"""Who looks at the cockpit: sign-in, the role and region an account holds, and where sign-in may be left off."""

from dashboard.sign_in.accounts import Account, account_of
from dashboard.sign_in.request import claims_of_request, current_claims
from dashboard.sign_in.settings import Mode, sign_in_mode
from dashboard.sign_in.start import check_start

__all__ = ["Account", "Mode", "account_of", "check_start", "claims_of_request", "current_claims", "sign_in_mode"]
