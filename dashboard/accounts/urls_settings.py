from django.urls import path

from dashboard.accounts import audit_views, team_views, views

app_name = "settings"
urlpatterns = [
    path("", views.shop_settings, name="index"),
    path("audit/", audit_views.audit, name="audit"),
    path("audit/export.csv", audit_views.export, name="audit-export"),
    path("shop/", views.change_shop, name="change-shop"),
    path("team/invite/", team_views.invite, name="invite"),
    path("team/invitations/<int:invitation_id>/renew/", team_views.renew, name="renew-invitation"),
    path("team/invitations/<int:invitation_id>/revoke/", team_views.revoke, name="revoke-invitation"),
    path("team/<int:member_id>/role/", team_views.change_role, name="change-role"),
    path("team/<int:member_id>/remove/", team_views.remove, name="remove-member"),
    path("keys/", views.issue_key, name="issue-key"),
    path("keys/<int:key_id>/rotate/", views.rotate_key, name="rotate-key"),
    path("keys/<int:key_id>/limit/", views.limit_key, name="limit-key"),
    path("keys/<int:key_id>/revoke/", views.revoke_key, name="revoke-key"),
]
