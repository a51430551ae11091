from django.urls import path

from dashboard.standalone.demo import views

app_name = "demo"
urlpatterns = [
    path("", views.home, name="home"),
    path("category/<slug:slug>/", views.category, name="category"),
    path("item/<path:item_id>/", views.product, name="product"),
    path("basket/", views.basket, name="basket"),
    path("thoughts/", views.what_forage_thinks, name="thoughts"),
    path("visitor/", views.choose_visitor, name="visitor"),
]
